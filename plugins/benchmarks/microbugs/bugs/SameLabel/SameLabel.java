package micro;

public class SameLabel {
    private final String label;

    public SameLabel(String label) {
        this.label = label;
    }

    /** Two objects are the same where their labels are, both of which may be null. */
    @Override
    public boolean equals(Object o) {
        if (!(o instanceof SameLabel)) {
            return false;
        }
        SameLabel other = (SameLabel) o;
        return label.equals(other.label);
    }

    @Override
    public int hashCode() {
        return label == null ? 0 : label.hashCode();
    }
}

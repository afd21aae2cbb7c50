package orchard;

/** What stands on a crate: "Première cueillette". */
public final class Label {
    private final String text;

    public Label(String text) {
        this.text = text;
    }

    /** The text, cut to a width. */
    public String cut(int width) {
        if (text.length() <= width) {
            return text;
        }
        return text.substring(0, width - 1) + "»";
    }

    public String greeting() {
        return "Première " + text;
    }
}

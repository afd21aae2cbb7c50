package orchard;

/** What grows on a tree. */
public abstract class Fruit {
    private final String name;
    private final int grams;

    protected Fruit(String name, int grams) {
        this.name = name;
        this.grams = grams;
    }

    public String name() {
        return name;
    }

    public int grams() {
        return grams;
    }

    /** Days from blossom to harvest. */
    public abstract int days();
}

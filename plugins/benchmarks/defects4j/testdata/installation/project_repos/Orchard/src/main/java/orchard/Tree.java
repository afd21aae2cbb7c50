package orchard;

public final class Tree {
    private final int planted;

    public Tree(int planted) {
        this.planted = planted;
    }

    /** Full years in a year. */
    public int age(int year) {
        return Math.max(0, year - planted);
    }

    public boolean bears(int year) {
        return age(year) >= 3;
    }
}

package orchard;

/** What a crate may hold; compilers copy these numbers into whoever uses them. */
public final class Limits {
    public static final int CRATE_FRUITS = 24;
    public static final int CRATE_GRAMS = 10000;

    private Limits() {
    }
}

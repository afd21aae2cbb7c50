package micro;

public class NullsLast {
    /** Orders words as usual, with null behind all of them. */
    public static int compare(String a, String b) {
        if (a == null) {
            return 1;
        }
        return a.compareTo(b);
    }
}

package micro;

public class SmallestFactor {
    /** The smallest factor above 1 of a number above 1: itself where it is a prime. */
    public static int of(int n) {
        for (int factor = 2; factor * factor < n; factor++) {
            if (n % factor == 0) {
                return factor;
            }
        }
        return n;
    }
}

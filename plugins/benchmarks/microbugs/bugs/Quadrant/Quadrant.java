package micro;

public class Quadrant {
    /** 1 to 4 against the clock from the upper right; 0 on an axis. */
    public static int of(double x, double y) {
        boolean right = x > 0;
        boolean upper = y > 0;
        if (upper) {
            return right ? 1 : 2;
        }
        return right ? 4 : 3;
    }
}

package micro;

public class RealPower {
    /** The base to a whole exponent, which may be negative. */
    public static double power(double base, int exponent) {
        if (exponent == 0) {
            return 1;
        }
        double half = power(base, exponent / 2);
        return exponent % 2 == 0 ? half * half : half * half * base;
    }
}

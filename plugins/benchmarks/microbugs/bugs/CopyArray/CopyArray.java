package micro;

public class CopyArray {
    /** A copy with place for extra values at the end; null counts as empty. */
    public static double[] grow(double[] values, int extra) {
        double[] copy = new double[values.length + extra];
        System.arraycopy(values, 0, copy, 0, values.length);
        return copy;
    }
}

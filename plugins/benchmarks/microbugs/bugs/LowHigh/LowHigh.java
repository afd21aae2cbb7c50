package micro;

public class LowHigh {
    /** The lowest and the highest temperature, in this order; null where there is none. */
    public static double[] of(Iterable<Double> temperatures) {
        Double low = null;
        Double high = null;
        for (Double t : temperatures) {
            low = low == null || t < low ? t : low;
            high = high == null || t > high ? t : high;
        }
        return low == null ? null : new double[] {high, low};
    }
}

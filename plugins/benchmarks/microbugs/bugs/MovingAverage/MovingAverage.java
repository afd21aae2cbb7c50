package micro;

public class MovingAverage {
    /** The averages of all k values in a row; none where there are fewer than k. */
    public static double[] of(double[] values, int k) {
        int count = Math.max(0, values.length - k);
        double[] averages = new double[count];
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int j = i; j < i + k; j++) {
                sum += values[j];
            }
            averages[i] = sum / k;
        }
        return averages;
    }
}

package micro;

import java.util.List;

public class Histogram {
    /** How many values fall into each bin of the given width; larger ones go into the last. */
    public static int[] bins(List<Integer> values, int width, int count) {
        int[] bins = new int[count];
        for (int value : values) {
            int bin = Math.min(value / width, count - 1);
            bins[value]++;
        }
        return bins;
    }
}

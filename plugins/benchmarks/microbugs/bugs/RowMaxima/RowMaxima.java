package micro;

import java.util.ArrayList;
import java.util.List;

public class RowMaxima {
    /** The largest value of each row; no row is empty. */
    public static List<Integer> of(int[][] rows) {
        List<Integer> maxima = new ArrayList<>();
        for (int[] row : rows) {
            int max = row[0];
            for (int value : row) {
                max = Math.max(row[0], value);
            }
            maxima.add(max);
        }
        return maxima;
    }
}

package micro;

import java.util.ArrayList;
import java.util.List;

public class MergeIntervals {
    /** Joins intervals, sorted by their starts, that overlap or touch. */
    public static List<int[]> merge(List<int[]> sorted) {
        List<int[]> merged = new ArrayList<>();
        for (int[] next : sorted) {
            int[] last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last != null && next[0] < last[1]) {
                last[1] = Math.max(last[1], next[1]);
            } else {
                merged.add(next.clone());
            }
        }
        return merged;
    }
}

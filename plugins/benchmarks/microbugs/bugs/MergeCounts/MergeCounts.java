package micro;

import java.util.HashMap;
import java.util.Map;

public class MergeCounts {
    /** Adds up two tallies by key. */
    public static Map<String, Integer> merge(Map<String, Integer> first, Map<String, Integer> second) {
        Map<String, Integer> sums = new HashMap<>(first);
        for (String key : first.keySet()) {
            sums.merge(key, first.get(key), Integer::sum);
        }
        return sums;
    }
}

package micro;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

public class AgeGroup {
    /** The names of those of age lo to hi, both included, in the order of the map. */
    public static List<String> between(Map<String, Integer> ages, int lo, int hi) {
        return ages.entrySet().stream()
                .filter(e -> e.getValue() > lo && e.getValue() < hi)
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
    }
}

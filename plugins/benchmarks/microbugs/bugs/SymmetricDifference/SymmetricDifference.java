package micro;

import java.util.HashSet;
import java.util.Set;

public class SymmetricDifference {
    /** What is in exactly one of two sets. */
    public static <T> Set<T> of(Set<T> first, Set<T> second) {
        Set<T> union = new HashSet<>(first);
        union.addAll(second);
        Set<T> result = new HashSet<>();
        for (T value : union) {
            if (first.contains(value) == second.contains(value)) {
                result.add(value);
            }
        }
        return result;
    }
}

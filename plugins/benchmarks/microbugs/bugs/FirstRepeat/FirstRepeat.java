package micro;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

public class FirstRepeat {
    /** The first value that was there before, or null where all differ. */
    public static <T> T find(List<T> values) {
        Set<T> seen = new HashSet<>();
        for (T value : values) {
            if (!seen.add(value)) {
                return seen.iterator().next();
            }
        }
        return null;
    }
}

package micro;

import java.util.function.Predicate;

public class AllMatch {
    /** Whether every item passes the test; no item at all passes. */
    public static <T> boolean all(Iterable<T> items, Predicate<T> test) {
        for (T item : items) {
            if (!test.test(item)) {
                return true;
            }
        }
        return false;
    }
}

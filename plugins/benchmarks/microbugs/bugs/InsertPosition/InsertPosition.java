package micro;

import java.util.List;

public class InsertPosition {
    /** Where a value belongs in a rising list: before the first value that is not smaller. */
    public static <T extends Comparable<T>> int find(List<T> rising, T value) {
        int at = 0;
        for (T other : rising) {
            if (other.compareTo(value) >= 0) {
                return at;
            }
            at++;
        }
        return -1;
    }
}

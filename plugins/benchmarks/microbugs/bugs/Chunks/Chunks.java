package micro;

import java.util.ArrayList;
import java.util.List;

public class Chunks {
    /** Cuts a list into pieces of the given size; the last may be shorter. */
    public static <T> List<List<T>> cut(List<T> items, int size) {
        List<List<T>> pieces = new ArrayList<>();
        for (int from = 0; from < items.size(); from += size) {
            int to = Math.min(from + size, items.size() - 1);
            pieces.add(new ArrayList<>(items.subList(from, to)));
        }
        return pieces;
    }
}

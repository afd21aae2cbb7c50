package micro;

import java.util.Collections;
import java.util.List;

public class SelectionSort {
    public static <T extends Comparable<T>> void sort(List<T> list) {
        for (int i = 0; i < list.size(); i++) {
            int least = i;
            for (int j = i + 1; j < list.size(); j++) {
                if (list.get(j).compareTo(list.get(i)) < 0) {
                    least = j;
                }
            }
            Collections.swap(list, i, least);
        }
    }
}

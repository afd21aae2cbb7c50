package micro;

import java.util.List;

public class ListMax {
    public static int max(List<Integer> list) {
        int max = list.get(0);
        for (int x : list) {
            if (x > max) {
                max = x;
            }
        }
        return max;
    }
}

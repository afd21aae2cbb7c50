package micro;

import java.util.ArrayList;
import java.util.List;

public class UnionSorted {
    /** The values of two strictly rising lists, rising, each once. */
    public static List<Integer> union(List<Integer> a, List<Integer> b) {
        List<Integer> out = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < a.size() && j < b.size()) {
            int order = a.get(i).compareTo(b.get(j));
            out.add(order <= 0 ? a.get(i) : b.get(j));
            i += order <= 0 ? 1 : 0;
            j += order > 0 ? 1 : 0;
        }
        out.addAll(a.subList(i, a.size()));
        return out;
    }
}

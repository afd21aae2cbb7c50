package micro;

import static org.junit.Assert.assertEquals;

import java.util.HashMap;
import java.util.Map;

import org.junit.Test;

public class MergeCountsTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(map(), MergeCounts.merge(map(), map()));
    }

    @Test(timeout = 1000)
    public void firstOnly() {
        assertEquals(map("a", 2), MergeCounts.merge(map("a", 2), map()));
    }

    @Test(timeout = 1000)
    public void secondOnly() {
        assertEquals(map("b", 3), MergeCounts.merge(map(), map("b", 3)));
    }

    @Test(timeout = 1000)
    public void both() {
        assertEquals(map("a", 1, "b", 7, "c", 5), MergeCounts.merge(map("a", 1, "b", 3), map("b", 4, "c", 5)));
    }

    @Test(timeout = 1000)
    public void inputIsLeftAlone() {
        Map<String, Integer> a = map("a", 1);
        MergeCounts.merge(a, map("a", 1));
        assertEquals(map("a", 1), a);
    }

    private static Map<String, Integer> map(Object... pairs) {
        Map<String, Integer> map = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], (Integer) pairs[i + 1]);
        }
        return map;
    }
}

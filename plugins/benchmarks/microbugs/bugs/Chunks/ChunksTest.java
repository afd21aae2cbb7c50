package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.Test;

public class ChunksTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("[]", Chunks.cut(new ArrayList<String>(), 3).toString());
    }

    @Test(timeout = 1000)
    public void even() {
        assertEquals("[[1, 2], [3, 4]]", Chunks.cut(Arrays.asList(1, 2, 3, 4), 2).toString());
    }

    @Test(timeout = 1000)
    public void rest() {
        assertEquals("[[1, 2, 3], [4]]", Chunks.cut(Arrays.asList(1, 2, 3, 4), 3).toString());
    }

    @Test(timeout = 1000)
    public void large() {
        assertEquals("[[a, b]]", Chunks.cut(Arrays.asList("a", "b"), 9).toString());
    }

    @Test(timeout = 1000)
    public void ones() {
        assertEquals("[[a], [b], [c]]", Chunks.cut(Arrays.asList("a", "b", "c"), 1).toString());
    }

    @Test(timeout = 1000)
    public void copies() {
        List<Integer> in = new ArrayList<>(Arrays.asList(1, 2));
        List<List<Integer>> out = Chunks.cut(in, 2);
        in.set(0, 9);
        assertEquals(1, (int) out.get(0).get(0));
    }
}

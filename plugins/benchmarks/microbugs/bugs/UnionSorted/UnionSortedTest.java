package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;

import org.junit.Test;

public class UnionSortedTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(Arrays.asList(), UnionSorted.union(Arrays.asList(), Arrays.asList()));
    }

    @Test(timeout = 1000)
    public void oneEmpty() {
        assertEquals(Arrays.asList(1, 2), UnionSorted.union(Arrays.asList(1, 2), Arrays.asList()));
        assertEquals(Arrays.asList(3, 4), UnionSorted.union(Arrays.asList(), Arrays.asList(3, 4)));
    }

    @Test(timeout = 1000)
    public void apart() {
        assertEquals(Arrays.asList(1, 2, 3, 4), UnionSorted.union(Arrays.asList(1, 2), Arrays.asList(3, 4)));
        assertEquals(Arrays.asList(1, 2, 3, 4), UnionSorted.union(Arrays.asList(3, 4), Arrays.asList(1, 2)));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals(Arrays.asList(1, 2, 5, 7, 9), UnionSorted.union(Arrays.asList(1, 7), Arrays.asList(2, 5, 9)));
    }

    @Test(timeout = 1000)
    public void common() {
        assertEquals(Arrays.asList(1, 2, 3), UnionSorted.union(Arrays.asList(1, 2), Arrays.asList(2, 3)));
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals(Arrays.asList(1, 1000), UnionSorted.union(Arrays.asList(1, 1000), Arrays.asList(1, 1000)));
    }

    @Test(timeout = 1000)
    public void commonFirst() {
        assertEquals(Arrays.asList(-4, 0, 6), UnionSorted.union(Arrays.asList(-4, 6), Arrays.asList(-4, 0, 6)));
    }
}

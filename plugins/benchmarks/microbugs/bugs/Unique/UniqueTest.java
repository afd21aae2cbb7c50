package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class UniqueTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, Unique.unique(new int[0]));
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals(1, Unique.unique(new int[] {2, 2, 2}));
    }

    @Test(timeout = 1000)
    public void mixed() {
        int[] a = {1, 1, 2, 3, 3};
        assertEquals(3, Unique.unique(a));
        assertEquals(2, a[1]);
        assertEquals(3, a[2]);
    }
}

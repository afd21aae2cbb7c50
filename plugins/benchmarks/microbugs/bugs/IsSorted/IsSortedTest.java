package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class IsSortedTest {
    @Test(timeout = 1000)
    public void empty() {
        assertTrue(IsSorted.isSorted(new int[0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertTrue(IsSorted.isSorted(new int[] {1}));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertTrue(IsSorted.isSorted(new int[] {1, 2, 2}));
    }

    @Test(timeout = 1000)
    public void unsorted() {
        assertFalse(IsSorted.isSorted(new int[] {1, 3, 2}));
    }
}

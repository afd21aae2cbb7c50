package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class ArraysEqualTest {
    @Test(timeout = 1000)
    public void empty() {
        assertTrue(ArraysEqual.same(new int[0], new int[0]));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertTrue(ArraysEqual.same(new int[] {1, 2}, new int[] {1, 2}));
    }

    @Test(timeout = 1000)
    public void longer() {
        assertFalse(ArraysEqual.same(new int[] {1}, new int[] {1, 2}));
    }

    @Test(timeout = 1000)
    public void different() {
        assertFalse(ArraysEqual.same(new int[] {1, 2}, new int[] {1, 3}));
    }

    @Test(timeout = 1000)
    public void firstDiffers() {
        assertFalse(ArraysEqual.same(new int[] {4, 2}, new int[] {1, 2}));
    }
}

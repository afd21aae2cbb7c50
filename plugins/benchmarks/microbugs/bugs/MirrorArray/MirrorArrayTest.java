package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class MirrorArrayTest {
    @Test(timeout = 1000)
    public void empty() {
        assertTrue(MirrorArray.mirror(new int[0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertTrue(MirrorArray.mirror(new int[] {1}));
    }

    @Test(timeout = 1000)
    public void odd() {
        assertTrue(MirrorArray.mirror(new int[] {1, 2, 1}));
    }

    @Test(timeout = 1000)
    public void different() {
        assertFalse(MirrorArray.mirror(new int[] {1, 3, 2}));
    }

    @Test(timeout = 1000)
    public void inside() {
        assertTrue(MirrorArray.mirror(new int[] {1, 2, 2, 1}));
        assertFalse(MirrorArray.mirror(new int[] {1, 2, 3, 1}));
    }
}

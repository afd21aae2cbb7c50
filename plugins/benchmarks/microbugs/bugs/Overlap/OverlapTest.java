package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class OverlapTest {
    @Test(timeout = 1000)
    public void apart() {
        assertFalse(Overlap.overlap(1, 2, 3, 4));
    }

    @Test(timeout = 1000)
    public void touching() {
        assertFalse(Overlap.overlap(3, 4, 1, 3));
    }

    @Test(timeout = 1000)
    public void inside() {
        assertTrue(Overlap.overlap(1, 9, 3, 4));
    }

    @Test(timeout = 1000)
    public void partly() {
        assertTrue(Overlap.overlap(1, 4, 3, 6));
    }

    @Test(timeout = 1000)
    public void touchingTurned() {
        assertFalse(Overlap.overlap(1, 3, 3, 4));
    }

    @Test(timeout = 1000)
    public void same() {
        assertTrue(Overlap.overlap(3, 4, 3, 4));
    }
}

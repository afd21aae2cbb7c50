package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class HasPairSumTest {
    @Test(timeout = 1000)
    public void found() {
        assertTrue(HasPairSum.hasPair(new int[] {1, 5, 7}, 12));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertFalse(HasPairSum.hasPair(new int[] {1, 5, 7}, 9));
    }

    @Test(timeout = 1000)
    public void same() {
        assertFalse(HasPairSum.hasPair(new int[] {1, 5, 7}, 10));
    }

    @Test(timeout = 1000)
    public void twice() {
        assertTrue(HasPairSum.hasPair(new int[] {5, 5}, 10));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class AlternatingSumTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, AlternatingSum.alternate(new int[0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(3, AlternatingSum.alternate(new int[] {3}));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(1, AlternatingSum.alternate(new int[] {3, 2}));
    }

    @Test(timeout = 1000)
    public void four() {
        assertEquals(-2, AlternatingSum.alternate(new int[] {1, 2, 3, 4}));
    }
}

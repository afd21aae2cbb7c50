package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SpreadTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(0, Spread.spread(new int[] {4}));
    }

    @Test(timeout = 1000)
    public void rising() {
        assertEquals(8, Spread.spread(new int[] {1, 5, 9}));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(7, Spread.spread(new int[] {-3, 4, 0}));
    }

    @Test(timeout = 1000)
    public void falling() {
        assertEquals(8, Spread.spread(new int[] {9, 5, 1}));
        assertEquals(6, Spread.spread(new int[] {4, 1, 7, 2}));
    }
}

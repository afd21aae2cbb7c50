package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class StairsTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(1, Stairs.climb(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, Stairs.climb(1));
    }

    @Test(timeout = 1000)
    public void four() {
        assertEquals(5, Stairs.climb(4));
    }
}

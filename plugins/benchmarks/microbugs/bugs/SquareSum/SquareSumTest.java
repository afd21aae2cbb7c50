package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SquareSumTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, SquareSum.upTo(1));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(5, SquareSum.upTo(2));
    }

    @Test(timeout = 1000)
    public void ten() {
        assertEquals(385, SquareSum.upTo(10));
    }

    @Test(timeout = 1000)
    public void nothing() {
        assertEquals(0, SquareSum.upTo(0));
        assertEquals(0, SquareSum.upTo(-3));
    }
}

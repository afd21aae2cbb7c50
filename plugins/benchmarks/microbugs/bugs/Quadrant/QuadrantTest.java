package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class QuadrantTest {
    @Test(timeout = 1000)
    public void upper() {
        assertEquals(1, Quadrant.of(1, 2));
        assertEquals(2, Quadrant.of(-1, 2));
        assertEquals(2, Quadrant.of(-0.5, 0.5));
    }

    @Test(timeout = 1000)
    public void lower() {
        assertEquals(3, Quadrant.of(-3, -0.5));
        assertEquals(4, Quadrant.of(0.5, -7));
    }

    @Test(timeout = 1000)
    public void origin() {
        assertEquals(0, Quadrant.of(0, 0));
    }

    @Test(timeout = 1000)
    public void horizontal() {
        assertEquals(0, Quadrant.of(5, 0));
        assertEquals(0, Quadrant.of(-5, 0));
    }

    @Test(timeout = 1000)
    public void vertical() {
        assertEquals(0, Quadrant.of(0, 5));
        assertEquals(0, Quadrant.of(0, -5));
    }
}

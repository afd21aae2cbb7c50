package micro;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class MovingAverageTest {
    @Test(timeout = 1000)
    public void few() {
        assertEquals(0, MovingAverage.of(new double[] {1, 2}, 3).length);
        assertEquals(0, MovingAverage.of(new double[0], 1).length);
    }

    @Test(timeout = 1000)
    public void all() {
        assertArrayEquals(new double[] {2}, MovingAverage.of(new double[] {1, 2, 3}, 3), 1e-9);
    }

    @Test(timeout = 1000)
    public void pairs() {
        assertArrayEquals(new double[] {1.5, 2.5, 1}, MovingAverage.of(new double[] {1, 2, 3, -1}, 2), 1e-9);
    }

    @Test(timeout = 1000)
    public void single() {
        assertArrayEquals(new double[] {4, 5}, MovingAverage.of(new double[] {4, 5}, 1), 1e-9);
    }

    @Test(timeout = 1000)
    public void muchTooFew() {
        assertEquals(0, MovingAverage.of(new double[] {1}, 5).length);
    }
}

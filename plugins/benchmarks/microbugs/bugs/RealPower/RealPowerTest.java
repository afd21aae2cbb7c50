package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class RealPowerTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(1, RealPower.power(5, 0), 0);
        assertEquals(1, RealPower.power(0, 0), 0);
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(-3, RealPower.power(-3, 1), 0);
    }

    @Test(timeout = 1000)
    public void even() {
        assertEquals(16, RealPower.power(-2, 4), 1e-9);
    }

    @Test(timeout = 1000)
    public void odd() {
        assertEquals(-32, RealPower.power(-2, 5), 1e-9);
        assertEquals(128, RealPower.power(2, 7), 1e-9);
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(0.25, RealPower.power(2, -2), 1e-9);
        assertEquals(0.125, RealPower.power(2, -3), 1e-9);
    }

    @Test(timeout = 1000)
    public void negativeBase() {
        assertEquals(-0.5, RealPower.power(-2, -1), 1e-9);
    }
}

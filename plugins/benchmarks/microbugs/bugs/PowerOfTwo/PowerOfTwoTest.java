package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class PowerOfTwoTest {
    @Test(timeout = 1000)
    public void one() {
        assertTrue(PowerOfTwo.isPower(1));
    }

    @Test(timeout = 1000)
    public void power() {
        assertTrue(PowerOfTwo.isPower(64));
    }

    @Test(timeout = 1000)
    public void other() {
        assertFalse(PowerOfTwo.isPower(12));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertFalse(PowerOfTwo.isPower(0));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertFalse(PowerOfTwo.isPower(-8));
    }
}

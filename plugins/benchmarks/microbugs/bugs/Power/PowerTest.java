package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PowerTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(1, Power.power(5, 0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(5, Power.power(5, 1));
    }

    @Test(timeout = 1000)
    public void cube() {
        assertEquals(27, Power.power(3, 3));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(4, Power.power(-2, 2));
    }
}

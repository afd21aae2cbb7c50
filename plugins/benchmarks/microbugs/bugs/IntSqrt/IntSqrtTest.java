package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class IntSqrtTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, IntSqrt.sqrt(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, IntSqrt.sqrt(1));
    }

    @Test(timeout = 1000)
    public void square() {
        assertEquals(5, IntSqrt.sqrt(25));
    }

    @Test(timeout = 1000)
    public void between() {
        assertEquals(3, IntSqrt.sqrt(15));
    }
}

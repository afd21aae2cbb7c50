package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class BitCountTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, BitCount.bits(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, BitCount.bits(1));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(2, BitCount.bits(3));
    }

    @Test(timeout = 1000)
    public void eight() {
        assertEquals(1, BitCount.bits(8));
    }
}

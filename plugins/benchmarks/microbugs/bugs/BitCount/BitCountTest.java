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
        assertEquals(3, BitCount.bits(0x60001));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(32, BitCount.bits(-1));
        assertEquals(1, BitCount.bits(Integer.MIN_VALUE));
    }
}

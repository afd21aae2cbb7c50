package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ReverseNumberTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, ReverseNumber.flip(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(4, ReverseNumber.flip(4));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(321, ReverseNumber.flip(123));
    }

    @Test(timeout = 1000)
    public void trailing() {
        assertEquals(5, ReverseNumber.flip(500));
    }
}

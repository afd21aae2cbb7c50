package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class GroupDigitsTest {
    @Test(timeout = 1000)
    public void small() {
        assertEquals("0", GroupDigits.format(0));
        assertEquals("12", GroupDigits.format(12));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals("123", GroupDigits.format(123));
        assertEquals("-123", GroupDigits.format(-123));
    }

    @Test(timeout = 1000)
    public void four() {
        assertEquals("1,234", GroupDigits.format(1234));
    }

    @Test(timeout = 1000)
    public void six() {
        assertEquals("123,456", GroupDigits.format(123456));
    }

    @Test(timeout = 1000)
    public void seven() {
        assertEquals("1,234,567", GroupDigits.format(1234567));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals("-9,000", GroupDigits.format(-9000));
        assertEquals("-1", GroupDigits.format(-1));
    }
}

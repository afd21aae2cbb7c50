package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CheckDigitTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, CheckDigit.of(""));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(9, CheckDigit.of("1"));
        assertEquals(1, CheckDigit.of("9"));
    }

    @Test(timeout = 1000)
    public void second() {
        assertEquals(7, CheckDigit.of("01"));
        assertEquals(6, CheckDigit.of("11"));
    }

    @Test(timeout = 1000)
    public void multipleOfTen() {
        assertEquals(0, CheckDigit.of("71"));
    }

    @Test(timeout = 1000)
    public void book() {
        assertEquals(7, CheckDigit.of("978030640615"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class OrdinalTest {
    @Test(timeout = 1000)
    public void small() {
        assertEquals("1st", Ordinal.of(1));
        assertEquals("2nd", Ordinal.of(2));
        assertEquals("3rd", Ordinal.of(3));
        assertEquals("4th", Ordinal.of(4));
    }

    @Test(timeout = 1000)
    public void teens() {
        assertEquals("11th", Ordinal.of(11));
        assertEquals("12th", Ordinal.of(12));
        assertEquals("13th", Ordinal.of(13));
    }

    @Test(timeout = 1000)
    public void aroundTeens() {
        assertEquals("10th", Ordinal.of(10));
        assertEquals("14th", Ordinal.of(14));
    }

    @Test(timeout = 1000)
    public void tens() {
        assertEquals("21st", Ordinal.of(21));
        assertEquals("32nd", Ordinal.of(32));
        assertEquals("43rd", Ordinal.of(43));
    }

    @Test(timeout = 1000)
    public void hundreds() {
        assertEquals("101st", Ordinal.of(101));
        assertEquals("111th", Ordinal.of(111));
        assertEquals("213th", Ordinal.of(213));
        assertEquals("222nd", Ordinal.of(222));
        assertEquals("1001st", Ordinal.of(1001));
    }
}

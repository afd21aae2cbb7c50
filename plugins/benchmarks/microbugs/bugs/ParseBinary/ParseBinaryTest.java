package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ParseBinaryTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, ParseBinary.parse("0"));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, ParseBinary.parse("1"));
    }

    @Test(timeout = 1000)
    public void ten() {
        assertEquals(10, ParseBinary.parse("1010"));
    }
}

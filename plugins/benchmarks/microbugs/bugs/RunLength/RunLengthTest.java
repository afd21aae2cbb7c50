package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class RunLengthTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", RunLength.encode(""));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals("1a", RunLength.encode("a"));
    }

    @Test(timeout = 1000)
    public void run() {
        assertEquals("4a", RunLength.encode("aaaa"));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals("3a1b2c", RunLength.encode("aaabcc"));
    }

    @Test(timeout = 1000)
    public void alternating() {
        assertEquals("1a1b1a", RunLength.encode("aba"));
    }

    @Test(timeout = 1000)
    public void longRun() {
        assertEquals("12x1y", RunLength.encode("xxxxxxxxxxxxy"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class InterleaveTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", Interleave.interleave("", ""));
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals("axby", Interleave.interleave("ab", "xy"));
    }

    @Test(timeout = 1000)
    public void firstLonger() {
        assertEquals("axbcd", Interleave.interleave("abcd", "x"));
    }

    @Test(timeout = 1000)
    public void secondLonger() {
        assertEquals("axyz", Interleave.interleave("a", "xyz"));
    }

    @Test(timeout = 1000)
    public void oneEmpty() {
        assertEquals("abc", Interleave.interleave("abc", ""));
        assertEquals("xyz", Interleave.interleave("", "xyz"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class RepeatTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals("", Repeat.repeat("ab", 0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals("ab", Repeat.repeat("ab", 1));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals("ababab", Repeat.repeat("ab", 3));
    }
}

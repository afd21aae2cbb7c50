package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class UpperTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", Upper.upper(""));
    }

    @Test(timeout = 1000)
    public void word() {
        assertEquals("WORD", Upper.upper("word"));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals("ALPHA", Upper.upper("alpha"));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals("A1 Z!", Upper.upper("a1 z!"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class MiddleLettersTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", MiddleLetters.middle(""));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals("a", MiddleLetters.middle("a"));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals("ab", MiddleLetters.middle("ab"));
    }

    @Test(timeout = 1000)
    public void odd() {
        assertEquals("c", MiddleLetters.middle("abcde"));
    }

    @Test(timeout = 1000)
    public void even() {
        assertEquals("cd", MiddleLetters.middle("abcdef"));
    }
}

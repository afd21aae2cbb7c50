package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class LastWordTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals("word", LastWord.lastWord("word"));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals("world", LastWord.lastWord("hello world"));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", LastWord.lastWord(""));
    }
}

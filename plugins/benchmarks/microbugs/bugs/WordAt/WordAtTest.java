package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class WordAtTest {
    @Test(timeout = 1000)
    public void first() {
        assertEquals("to", WordAt.word("to be or", 1));
    }

    @Test(timeout = 1000)
    public void last() {
        assertEquals("or", WordAt.word("to be or", 3));
    }

    @Test(timeout = 1000)
    public void outside() {
        assertEquals("", WordAt.word("to be or", 4));
        assertEquals("", WordAt.word("to be or", 0));
        assertEquals("", WordAt.word("to be", -1));
    }

    @Test(timeout = 1000)
    public void blanks() {
        assertEquals("be", WordAt.word("  to   be ", 2));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", WordAt.word("", 1));
        assertEquals("", WordAt.word("", 2));
    }
}

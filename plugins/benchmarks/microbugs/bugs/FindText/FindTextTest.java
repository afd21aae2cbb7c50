package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FindTextTest {
    @Test(timeout = 1000)
    public void start() {
        assertEquals(0, FindText.find("house", "ho"));
    }

    @Test(timeout = 1000)
    public void middle() {
        assertEquals(2, FindText.find("house", "us"));
    }

    @Test(timeout = 1000)
    public void end() {
        assertEquals(3, FindText.find("house", "se"));
    }

    @Test(timeout = 1000)
    public void any() {
        assertEquals(1, FindText.find("house", "o?s"));
        assertEquals(0, FindText.find("house", "?????"));
    }

    @Test(timeout = 1000)
    public void absent() {
        assertEquals(-1, FindText.find("house", "x"));
        assertEquals(-1, FindText.find("house", "houses"));
        assertEquals(-1, FindText.find("", "a"));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, FindText.find("house", ""));
        assertEquals(0, FindText.find("", ""));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals(1, FindText.find("banana", "an"));
    }
}

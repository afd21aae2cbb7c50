package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class EscapeMarkupTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", EscapeMarkup.escape(""));
    }

    @Test(timeout = 1000)
    public void plain() {
        assertEquals("a b", EscapeMarkup.escape("a b"));
    }

    @Test(timeout = 1000)
    public void tags() {
        assertEquals("&lt;b&gt;", EscapeMarkup.escape("<b>"));
    }

    @Test(timeout = 1000)
    public void ampersand() {
        assertEquals("a &amp; b", EscapeMarkup.escape("a & b"));
    }

    @Test(timeout = 1000)
    public void twice() {
        assertEquals("&amp;lt;", EscapeMarkup.escape("&lt;"));
        assertEquals("&amp;&amp;", EscapeMarkup.escape("&&"));
    }
}

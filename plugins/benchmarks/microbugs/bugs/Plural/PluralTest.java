package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PluralTest {
    @Test(timeout = 1000)
    public void simple() {
        assertEquals("cats", Plural.of("cat"));
        assertEquals("s", Plural.of(""));
    }

    @Test(timeout = 1000)
    public void hissing() {
        assertEquals("buses", Plural.of("bus"));
        assertEquals("boxes", Plural.of("box"));
        assertEquals("arches", Plural.of("arch"));
        assertEquals("dishes", Plural.of("dish"));
    }

    @Test(timeout = 1000)
    public void consonant() {
        assertEquals("cities", Plural.of("city"));
        assertEquals("flies", Plural.of("fly"));
    }

    @Test(timeout = 1000)
    public void vowel() {
        assertEquals("boys", Plural.of("boy"));
        assertEquals("keys", Plural.of("key"));
        assertEquals("soliloquys", Plural.of("soliloquy"));
    }

    @Test(timeout = 1000)
    public void tiny() {
        assertEquals("ys", Plural.of("y"));
        assertEquals("dies", Plural.of("dy"));
        assertEquals("oys", Plural.of("oy"));
    }
}

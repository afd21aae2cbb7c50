package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public class CapitalizeTest {
    @Test(timeout = 1000)
    public void word() {
        assertEquals("Word", Capitalize.capitalize("word"));
    }

    @Test(timeout = 1000)
    public void done() {
        assertEquals("Done", Capitalize.capitalize("Done"));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", Capitalize.capitalize(""));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertNull(Capitalize.capitalize(null));
    }
}

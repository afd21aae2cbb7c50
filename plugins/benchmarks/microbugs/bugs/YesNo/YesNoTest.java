package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class YesNoTest {
    @Test(timeout = 1000)
    public void yes() {
        assertTrue(YesNo.parse("yes"));
        assertTrue(YesNo.parse("y"));
    }

    @Test(timeout = 1000)
    public void words() {
        assertTrue(YesNo.parse("true"));
        assertTrue(YesNo.parse("on"));
    }

    @Test(timeout = 1000)
    public void cases() {
        assertTrue(YesNo.parse("YES"));
        assertTrue(YesNo.parse("On"));
        assertTrue(YesNo.parse(" y "));
    }

    @Test(timeout = 1000)
    public void no() {
        assertFalse(YesNo.parse("no"));
        assertFalse(YesNo.parse("off"));
        assertFalse(YesNo.parse("false"));
    }

    @Test(timeout = 1000)
    public void others() {
        assertFalse(YesNo.parse(""));
        assertFalse(YesNo.parse("onto"));
        assertFalse(YesNo.parse("1"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public class SettingsTest {
    @Test(timeout = 1000)
    public void here() {
        Settings s = new Settings(null);
        s.set("k", "v");
        assertEquals("v", s.get("k"));
    }

    @Test(timeout = 1000)
    public void nowhere() {
        assertNull(new Settings(null).get("k"));
        assertNull(new Settings(new Settings(null)).get("k"));
    }

    @Test(timeout = 1000)
    public void parent() {
        Settings p = new Settings(null);
        p.set("k", "v");
        assertEquals("v", new Settings(p).get("k"));
        assertEquals("v", new Settings(new Settings(p)).get("k"));
    }

    @Test(timeout = 1000)
    public void nearest() {
        Settings p = new Settings(null);
        p.set("k", "far");
        Settings s = new Settings(p);
        s.set("k", "near");
        assertEquals("near", s.get("k"));
        assertEquals("far", p.get("k"));
    }
}

package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class SafeEqualsTest {
    @Test(timeout = 1000)
    public void both() {
        assertTrue(SafeEquals.same(null, null));
    }

    @Test(timeout = 1000)
    public void left() {
        assertFalse(SafeEquals.same(null, "a"));
    }

    @Test(timeout = 1000)
    public void right() {
        assertFalse(SafeEquals.same("a", null));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertTrue(SafeEquals.same("a", "a"));
    }

    @Test(timeout = 1000)
    public void different() {
        assertFalse(SafeEquals.same("a", "b"));
    }
}

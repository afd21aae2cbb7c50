package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;

import org.junit.Test;

public class ContainsTest {
    @Test(timeout = 1000)
    public void empty() {
        assertFalse(Contains.contains(Arrays.asList(), "a"));
    }

    @Test(timeout = 1000)
    public void first() {
        assertTrue(Contains.contains(Arrays.asList("a", "b"), "a"));
    }

    @Test(timeout = 1000)
    public void last() {
        assertTrue(Contains.contains(Arrays.asList("a", "b"), "b"));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertFalse(Contains.contains(Arrays.asList("a", "b"), "c"));
    }
}

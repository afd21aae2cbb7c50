package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class JoinPresentTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals("", JoinPresent.join(new ArrayList<>(), ", "));
    }

    @Test(timeout = 1000)
    public void all() {
        assertEquals("a, b", JoinPresent.join(Arrays.asList("a", "b"), ", "));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertEquals("a-c", JoinPresent.join(Arrays.asList("a", null, "c"), "-"));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals("b", JoinPresent.join(Arrays.asList("", "b", ""), "-"));
    }

    @Test(timeout = 1000)
    public void onlyMissing() {
        assertEquals("", JoinPresent.join(Arrays.asList(null, ""), "-"));
    }

    @Test(timeout = 1000)
    public void ends() {
        assertEquals("x", JoinPresent.join(Arrays.asList(null, "x", null), "-"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class FindFirstTest {
    @Test(timeout = 1000)
    public void none() {
        assertFalse(FindFirst.longer(new ArrayList<>(), 0).isPresent());
    }

    @Test(timeout = 1000)
    public void found() {
        assertEquals("elm", FindFirst.longer(Arrays.asList("a", "elm", "birch"), 2).get());
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals("oak", FindFirst.longer(Arrays.asList("oak", "elm"), 2).get());
    }

    @Test(timeout = 1000)
    public void tooShort() {
        assertFalse(FindFirst.longer(Arrays.asList("oak", "elm"), 3).isPresent());
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals("x", FindFirst.longer(Arrays.asList("", "x"), 0).get());
    }
}

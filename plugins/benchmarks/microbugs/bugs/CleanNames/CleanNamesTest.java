package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;

import org.junit.Test;

public class CleanNamesTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(Arrays.asList(), CleanNames.clean(Arrays.asList()));
    }

    @Test(timeout = 1000)
    public void trimmed() {
        assertEquals(Arrays.asList("ann", "bob"), CleanNames.clean(Arrays.asList(" bob", "ann ")));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertEquals(Arrays.asList("ann"), CleanNames.clean(Arrays.asList(null, "ann", null)));
    }

    @Test(timeout = 1000)
    public void blank() {
        assertEquals(Arrays.asList("ann"), CleanNames.clean(Arrays.asList("", "  ", "ann")));
    }

    @Test(timeout = 1000)
    public void twice() {
        assertEquals(Arrays.asList("ann", "ann"), CleanNames.clean(Arrays.asList("ann", "ann")));
    }
}

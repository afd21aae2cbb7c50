package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.List;

import org.junit.Test;

public class NullsLastTest {
    @Test(timeout = 1000)
    public void words() {
        assertTrue(NullsLast.compare("a", "b") < 0);
        assertTrue(NullsLast.compare("b", "a") > 0);
        assertEquals(0, NullsLast.compare("a", new String("a")));
    }

    @Test(timeout = 1000)
    public void firstNull() {
        assertTrue(NullsLast.compare(null, "a") > 0);
    }

    @Test(timeout = 1000)
    public void secondNull() {
        assertTrue(NullsLast.compare("a", null) < 0);
    }

    @Test(timeout = 1000)
    public void bothNull() {
        assertEquals(0, NullsLast.compare(null, null));
    }

    @Test(timeout = 1000)
    public void sorting() {
        List<String> list = Arrays.asList("b", null, "a", null);
        list.sort(NullsLast::compare);
        assertEquals(Arrays.asList("a", "b", null, null), list);
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class ByPriorityTest {
    @Test(timeout = 1000)
    public void high() {
        assertTrue(compare("a", 1, "b", 2) > 0);
        assertTrue(compare("a", 2, "b", 1) < 0);
    }

    @Test(timeout = 1000)
    public void names() {
        assertTrue(compare("a", 1, "b", 1) < 0);
        assertTrue(compare("b", 1, "a", 1) > 0);
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals(0, compare("a", 3, "a", 3));
    }

    @Test(timeout = 1000)
    public void extremes() {
        assertTrue(compare("a", Integer.MIN_VALUE, "b", Integer.MAX_VALUE) > 0);
        assertTrue(compare("a", Integer.MAX_VALUE, "b", Integer.MIN_VALUE) < 0);
    }

    private static int compare(String a, int first, String b, int second) {
        return new ByPriority().compare(new ByPriority.Task(a, first), new ByPriority.Task(b, second));
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class FirstRepeatTest {
    @Test(timeout = 1000)
    public void empty() {
        assertNull(FirstRepeat.find(new ArrayList<>()));
    }

    @Test(timeout = 1000)
    public void allDiffer() {
        assertNull(FirstRepeat.find(Arrays.asList(1, 2, 3)));
    }

    @Test(timeout = 1000)
    public void again() {
        assertEquals("b", FirstRepeat.find(Arrays.asList("a", "b", "c", "b", "a")));
    }

    @Test(timeout = 1000)
    public void neighbours() {
        assertEquals(7, (int) FirstRepeat.find(Arrays.asList(1, 7, 7, 1)));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals("x", FirstRepeat.find(Arrays.asList("x", "y", "x", "y")));
    }

    @Test(timeout = 1000)
    public void last() {
        assertEquals("zebra", FirstRepeat.find(Arrays.asList("ape", "zebra", "bee", "cat", "zebra")));
    }
}

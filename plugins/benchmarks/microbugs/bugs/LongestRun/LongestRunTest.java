package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class LongestRunTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, LongestRun.longestRun(new int[0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, LongestRun.longestRun(new int[] {7}));
    }

    @Test(timeout = 1000)
    public void middle() {
        assertEquals(3, LongestRun.longestRun(new int[] {1, 2, 2, 2, 3}));
    }

    @Test(timeout = 1000)
    public void end() {
        assertEquals(2, LongestRun.longestRun(new int[] {1, 4, 4}));
    }

    @Test(timeout = 1000)
    public void start() {
        assertEquals(2, LongestRun.longestRun(new int[] {5, 5, 1}));
    }
}

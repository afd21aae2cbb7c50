package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class DifferencesTest {
    @Test(timeout = 1000)
    public void one() {
        assertArrayEquals(new int[0], Differences.differences(new int[] {5}));
    }

    @Test(timeout = 1000)
    public void two() {
        assertArrayEquals(new int[] {3}, Differences.differences(new int[] {1, 4}));
    }

    @Test(timeout = 1000)
    public void three() {
        assertArrayEquals(new int[] {1, -2}, Differences.differences(new int[] {1, 2, 0}));
    }
}

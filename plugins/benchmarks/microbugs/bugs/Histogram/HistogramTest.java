package micro;

import static org.junit.Assert.assertArrayEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class HistogramTest {
    @Test(timeout = 1000)
    public void none() {
        assertArrayEquals(new int[] {0, 0}, Histogram.bins(new ArrayList<>(), 5, 2));
    }

    @Test(timeout = 1000)
    public void first() {
        assertArrayEquals(new int[] {2, 0}, Histogram.bins(Arrays.asList(0, 4), 5, 2));
    }

    @Test(timeout = 1000)
    public void edge() {
        assertArrayEquals(new int[] {1, 1, 0}, Histogram.bins(Arrays.asList(9, 10), 10, 3));
    }

    @Test(timeout = 1000)
    public void overflow() {
        assertArrayEquals(new int[] {0, 0, 2}, Histogram.bins(Arrays.asList(29, 300), 10, 3));
    }

    @Test(timeout = 1000)
    public void widthOne() {
        assertArrayEquals(new int[] {1, 0, 2}, Histogram.bins(Arrays.asList(0, 2, 3), 1, 3));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class BorderSumTest {
    @Test(timeout = 1000)
    public void two() {
        assertEquals(10, BorderSum.sum(new int[][] {{1, 2}, {3, 4}}));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(40, BorderSum.sum(new int[][] {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}));
    }

    @Test(timeout = 1000)
    public void middleLeftOut() {
        assertEquals(8, BorderSum.sum(new int[][] {{1, 1, 1}, {1, 99, 1}, {1, 1, 1}}));
    }

    @Test(timeout = 1000)
    public void corners() {
        assertEquals(1111, BorderSum.sum(new int[][] {{1, 0, 0, 10}, {0, 7, 7, 0}, {0, 7, 7, 0}, {100, 0, 0, 1000}}));
    }

    @Test(timeout = 1000)
    public void edges() {
        assertEquals(1111, BorderSum.sum(new int[][] {{0, 1, 0}, {10, 7, 100}, {0, 1000, 0}}));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class MaxSubarrayTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(-3, MaxSubarray.maxSum(new int[] {-3}));
    }

    @Test(timeout = 1000)
    public void positive() {
        assertEquals(6, MaxSubarray.maxSum(new int[] {1, 2, 3}));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals(7, MaxSubarray.maxSum(new int[] {3, -1, 5, -9, 2}));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(-1, MaxSubarray.maxSum(new int[] {-4, -1, -2}));
    }
}

package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class BubbleSortTest {
    @Test(timeout = 1000)
    public void empty() {
        int[] a = {};
        BubbleSort.sort(a);
        assertArrayEquals(new int[] {}, a);
    }

    @Test(timeout = 1000)
    public void one() {
        int[] a = {3};
        BubbleSort.sort(a);
        assertArrayEquals(new int[] {3}, a);
    }

    @Test(timeout = 1000)
    public void mixed() {
        int[] a = {3, 1, 2};
        BubbleSort.sort(a);
        assertArrayEquals(new int[] {1, 2, 3}, a);
    }

    @Test(timeout = 1000)
    public void equal() {
        int[] a = {2, 2, 1};
        BubbleSort.sort(a);
        assertArrayEquals(new int[] {1, 2, 2}, a);
    }

    @Test(timeout = 1000)
    public void turned() {
        int[] a = {5, 4, 3, 2, -1};
        BubbleSort.sort(a);
        assertArrayEquals(new int[] {-1, 2, 3, 4, 5}, a);
    }
}

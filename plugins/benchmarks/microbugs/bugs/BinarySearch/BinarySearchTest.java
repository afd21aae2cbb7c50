package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class BinarySearchTest {
    @Test(timeout = 1000)
    public void only() {
        assertEquals(0, BinarySearch.search(new int[] {4}, 4));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals(0, BinarySearch.search(new int[] {1, 3, 5}, 1));
    }

    @Test(timeout = 1000)
    public void last() {
        assertEquals(2, BinarySearch.search(new int[] {1, 3, 5}, 5));
    }

    @Test(timeout = 1000)
    public void missing() {
        assertEquals(-1, BinarySearch.search(new int[] {1, 3, 5}, 4));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(-1, BinarySearch.search(new int[0], 4));
    }

    @Test(timeout = 1000)
    public void each() {
        int[] a = {-7, -2, 0, 3, 8, 11};
        for (int i = 0; i < a.length; i++) {
            assertEquals(i, BinarySearch.search(a, a[i]));
        }
    }
}

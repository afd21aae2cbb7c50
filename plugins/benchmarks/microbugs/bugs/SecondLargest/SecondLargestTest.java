package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SecondLargestTest {
    @Test(timeout = 1000)
    public void rising() {
        assertEquals(2, SecondLargest.second(new int[] {1, 2, 3}));
    }

    @Test(timeout = 1000)
    public void falling() {
        assertEquals(5, SecondLargest.second(new int[] {9, 5, 1}));
    }

    @Test(timeout = 1000)
    public void twice() {
        assertEquals(4, SecondLargest.second(new int[] {7, 7, 4}));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(-2, SecondLargest.second(new int[] {-1, -2, -1}));
    }
}

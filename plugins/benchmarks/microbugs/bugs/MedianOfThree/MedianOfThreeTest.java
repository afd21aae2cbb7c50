package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class MedianOfThreeTest {
    @Test(timeout = 1000)
    public void sorted() {
        assertEquals(2, MedianOfThree.median(1, 2, 3));
    }

    @Test(timeout = 1000)
    public void reversed() {
        assertEquals(2, MedianOfThree.median(3, 2, 1));
    }

    @Test(timeout = 1000)
    public void middleLast() {
        assertEquals(5, MedianOfThree.median(1, 9, 5));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals(4, MedianOfThree.median(4, 4, 8));
    }
}

package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class TriangleTest {
    @Test(timeout = 1000)
    public void equal() {
        assertTrue(Triangle.isTriangle(2, 2, 2));
    }

    @Test(timeout = 1000)
    public void right() {
        assertTrue(Triangle.isTriangle(3, 4, 5));
    }

    @Test(timeout = 1000)
    public void flat() {
        assertFalse(Triangle.isTriangle(1, 2, 3));
    }

    @Test(timeout = 1000)
    public void tooLong() {
        assertFalse(Triangle.isTriangle(9, 2, 3));
    }

    @Test(timeout = 1000)
    public void flatTurned() {
        assertFalse(Triangle.isTriangle(2, 3, 1));
        assertFalse(Triangle.isTriangle(3, 1, 2));
    }

    @Test(timeout = 1000)
    public void tooLongTurned() {
        assertFalse(Triangle.isTriangle(2, 9, 3));
        assertFalse(Triangle.isTriangle(2, 3, 9));
    }
}

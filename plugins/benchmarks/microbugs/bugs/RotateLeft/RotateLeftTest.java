package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class RotateLeftTest {
    @Test(timeout = 1000)
    public void one() {
        int[] a = {1};
        RotateLeft.rotate(a);
        assertArrayEquals(new int[] {1}, a);
    }

    @Test(timeout = 1000)
    public void two() {
        int[] a = {1, 2};
        RotateLeft.rotate(a);
        assertArrayEquals(new int[] {2, 1}, a);
    }

    @Test(timeout = 1000)
    public void four() {
        int[] a = {1, 2, 3, 4};
        RotateLeft.rotate(a);
        assertArrayEquals(new int[] {2, 3, 4, 1}, a);
    }
}

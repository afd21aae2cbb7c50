package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class TransposeTest {
    @Test(timeout = 1000)
    public void one() {
        assertArrayEquals(new int[][] {{5}}, Transpose.transpose(new int[][] {{5}}));
    }

    @Test(timeout = 1000)
    public void square() {
        assertArrayEquals(new int[][] {{1, 3}, {2, 4}}, Transpose.transpose(new int[][] {{1, 2}, {3, 4}}));
    }

    @Test(timeout = 1000)
    public void wide() {
        assertArrayEquals(new int[][] {{1}, {2}, {3}}, Transpose.transpose(new int[][] {{1, 2, 3}}));
    }
}

package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class MatrixProductTest {
    @Test(timeout = 1000)
    public void single() {
        assertArrayEquals(new int[][] {{12}}, MatrixProduct.multiply(new int[][] {{3}}, new int[][] {{4}}));
    }

    @Test(timeout = 1000)
    public void identity() {
        assertArrayEquals(new int[][] {{5, 6}, {7, 8}}, MatrixProduct.multiply(new int[][] {{1, 0}, {0, 1}}, new int[][] {{5, 6}, {7, 8}}));
    }

    @Test(timeout = 1000)
    public void square() {
        assertArrayEquals(new int[][] {{19, 22}, {43, 50}}, MatrixProduct.multiply(new int[][] {{1, 2}, {3, 4}}, new int[][] {{5, 6}, {7, 8}}));
    }

    @Test(timeout = 1000)
    public void rowByColumn() {
        assertArrayEquals(new int[][] {{-4}}, MatrixProduct.multiply(new int[][] {{1, 2, -3}}, new int[][] {{1}, {2}, {3}}));
    }

    @Test(timeout = 1000)
    public void columnByRow() {
        assertArrayEquals(new int[][] {{3, 4}, {6, 8}, {0, 0}}, MatrixProduct.multiply(new int[][] {{1}, {2}, {0}}, new int[][] {{3, 4}}));
    }
}

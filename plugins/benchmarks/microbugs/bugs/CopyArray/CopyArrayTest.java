package micro;

import static org.junit.Assert.assertArrayEquals;

import org.junit.Test;

public class CopyArrayTest {
    @Test(timeout = 1000)
    public void missing() {
        assertArrayEquals(new double[] {0, 0}, CopyArray.grow(null, 2), 0);
        assertArrayEquals(new double[0], CopyArray.grow(null, 0), 0);
    }

    @Test(timeout = 1000)
    public void empty() {
        assertArrayEquals(new double[] {0}, CopyArray.grow(new double[0], 1), 0);
    }

    @Test(timeout = 1000)
    public void grown() {
        assertArrayEquals(new double[] {1, 2, 0}, CopyArray.grow(new double[] {1, 2}, 1), 0);
    }

    @Test(timeout = 1000)
    public void copied() {
        double[] in = {3};
        double[] out = CopyArray.grow(in, 0);
        in[0] = 4;
        assertArrayEquals(new double[] {3}, out, 0);
    }
}

package micro;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertNull;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class LowHighTest {
    @Test(timeout = 1000)
    public void none() {
        assertNull(LowHigh.of(new ArrayList<>()));
    }

    @Test(timeout = 1000)
    public void one() {
        assertArrayEquals(new double[] {3, 3}, LowHigh.of(Arrays.asList(3.0)), 0);
    }

    @Test(timeout = 1000)
    public void rising() {
        assertArrayEquals(new double[] {1, 4}, LowHigh.of(Arrays.asList(1.0, 2.0, 4.0)), 0);
    }

    @Test(timeout = 1000)
    public void falling() {
        assertArrayEquals(new double[] {-2, 5}, LowHigh.of(Arrays.asList(5.0, 0.5, -2.0)), 0);
    }

    @Test(timeout = 1000)
    public void middle() {
        assertArrayEquals(new double[] {-7, 9}, LowHigh.of(Arrays.asList(1.0, 9.0, -7.0, 2.0)), 0);
    }
}

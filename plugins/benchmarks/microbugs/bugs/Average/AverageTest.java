package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class AverageTest {
    @Test(timeout = 1000)
    public void missing() {
        assertEquals(0.0, Average.average(null), 1e-9);
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0.0, Average.average(new int[0]), 1e-9);
    }

    @Test(timeout = 1000)
    public void half() {
        assertEquals(1.5, Average.average(new int[] {1, 2}), 1e-9);
    }
}

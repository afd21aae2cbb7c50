package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TraceTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, Trace.trace(new int[0][0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(5, Trace.trace(new int[][] {{5}}));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(5, Trace.trace(new int[][] {{1, 2}, {3, 4}}));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CeilDivTest {
    @Test(timeout = 1000)
    public void even() {
        assertEquals(4, CeilDiv.ceilDiv(8, 2));
    }

    @Test(timeout = 1000)
    public void rest() {
        assertEquals(3, CeilDiv.ceilDiv(8, 3));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, CeilDiv.ceilDiv(8, 0));
    }

    @Test(timeout = 1000)
    public void oneMore() {
        assertEquals(3, CeilDiv.ceilDiv(7, 3));
        assertEquals(1, CeilDiv.ceilDiv(1, 5));
    }

    @Test(timeout = 1000)
    public void nothing() {
        assertEquals(0, CeilDiv.ceilDiv(0, 5));
    }
}

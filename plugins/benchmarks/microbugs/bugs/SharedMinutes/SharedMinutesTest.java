package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SharedMinutesTest {
    @Test(timeout = 1000)
    public void apart() {
        assertEquals(0, SharedMinutes.shared(0, 10, 20, 30));
        assertEquals(0, SharedMinutes.shared(20, 30, 0, 10));
    }

    @Test(timeout = 1000)
    public void touching() {
        assertEquals(0, SharedMinutes.shared(0, 10, 10, 20));
    }

    @Test(timeout = 1000)
    public void overlapping() {
        assertEquals(5, SharedMinutes.shared(0, 15, 10, 40));
        assertEquals(5, SharedMinutes.shared(10, 40, 0, 15));
    }

    @Test(timeout = 1000)
    public void inside() {
        assertEquals(20, SharedMinutes.shared(0, 100, 30, 50));
        assertEquals(20, SharedMinutes.shared(30, 50, 0, 100));
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals(10, SharedMinutes.shared(5, 15, 5, 15));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SecondsTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, Seconds.seconds(0, 0, 0));
    }

    @Test(timeout = 1000)
    public void hour() {
        assertEquals(3600, Seconds.seconds(1, 0, 0));
    }

    @Test(timeout = 1000)
    public void minute() {
        assertEquals(60, Seconds.seconds(0, 1, 0));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals(7384, Seconds.seconds(2, 3, 4));
    }
}

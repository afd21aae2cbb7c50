package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;

import org.junit.Test;

public class CountdownTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(Arrays.asList("0", "lift-off"), Countdown.from(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(Arrays.asList("1", "0", "lift-off"), Countdown.from(1));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(Arrays.asList("3", "2", "1", "0", "lift-off"), Countdown.from(3));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(Arrays.asList("lift-off"), Countdown.from(-1));
    }
}

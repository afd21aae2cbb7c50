package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SmallestFactorTest {
    @Test(timeout = 1000)
    public void primes() {
        assertEquals(2, SmallestFactor.of(2));
        assertEquals(3, SmallestFactor.of(3));
        assertEquals(97, SmallestFactor.of(97));
    }

    @Test(timeout = 1000)
    public void even() {
        assertEquals(2, SmallestFactor.of(4));
        assertEquals(2, SmallestFactor.of(30));
    }

    @Test(timeout = 1000)
    public void odd() {
        assertEquals(3, SmallestFactor.of(15));
        assertEquals(7, SmallestFactor.of(77));
    }

    @Test(timeout = 1000)
    public void squares() {
        assertEquals(3, SmallestFactor.of(9));
        assertEquals(7, SmallestFactor.of(49));
        assertEquals(11, SmallestFactor.of(121));
    }
}

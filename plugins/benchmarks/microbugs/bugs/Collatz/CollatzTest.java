package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CollatzTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(0, Collatz.collatz(1));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(1, Collatz.collatz(2));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(7, Collatz.collatz(3));
    }

    @Test(timeout = 1000)
    public void six() {
        assertEquals(8, Collatz.collatz(6));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class GcdTest {
    @Test(timeout = 1000)
    public void common() {
        assertEquals(6, Gcd.gcd(12, 18));
    }

    @Test(timeout = 1000)
    public void coprime() {
        assertEquals(1, Gcd.gcd(9, 28));
    }

    @Test(timeout = 1000)
    public void withZero() {
        assertEquals(7, Gcd.gcd(7, 0));
    }

    @Test(timeout = 1000)
    public void zeroFirst() {
        assertEquals(5, Gcd.gcd(0, 5));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class GcdTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, Gcd.gcd());
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(7, Gcd.gcd(7));
        assertEquals(7, Gcd.gcd(-7));
    }

    @Test(timeout = 1000)
    public void common() {
        assertEquals(6, Gcd.gcd(12, 18));
        assertEquals(6, Gcd.gcd(18, 12));
    }

    @Test(timeout = 1000)
    public void coprime() {
        assertEquals(1, Gcd.gcd(9, 28));
        assertEquals(1, Gcd.gcd(6, 10, 15));
    }

    @Test(timeout = 1000)
    public void withZero() {
        assertEquals(7, Gcd.gcd(7, 0));
        assertEquals(5, Gcd.gcd(0, 5));
        assertEquals(0, Gcd.gcd(0, 0));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(4, Gcd.gcd(8, 12, 20));
        assertEquals(3, Gcd.gcd(-9, 6, 12));
    }
}

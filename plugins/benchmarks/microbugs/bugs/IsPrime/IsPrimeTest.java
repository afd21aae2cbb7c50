package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class IsPrimeTest {
    @Test(timeout = 1000)
    public void small() {
        assertFalse(IsPrime.isPrime(1));
        assertTrue(IsPrime.isPrime(2));
        assertTrue(IsPrime.isPrime(3));
    }

    @Test(timeout = 1000)
    public void squares() {
        assertFalse(IsPrime.isPrime(4));
        assertFalse(IsPrime.isPrime(9));
        assertFalse(IsPrime.isPrime(49));
    }

    @Test(timeout = 1000)
    public void composite() {
        assertFalse(IsPrime.isPrime(15));
    }

    @Test(timeout = 1000)
    public void larger() {
        assertTrue(IsPrime.isPrime(97));
    }
}

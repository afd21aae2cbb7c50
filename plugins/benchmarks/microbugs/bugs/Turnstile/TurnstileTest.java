package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class TurnstileTest {
    @Test(timeout = 1000)
    public void closed() {
        Turnstile t = new Turnstile();
        assertFalse(t.push());
        assertEquals(0, t.passed());
    }

    @Test(timeout = 1000)
    public void open() {
        Turnstile t = new Turnstile();
        t.coin();
        assertTrue(t.push());
        assertEquals(1, t.passed());
    }

    @Test(timeout = 1000)
    public void once() {
        Turnstile t = new Turnstile();
        t.coin();
        t.push();
        assertFalse(t.push());
        assertEquals(1, t.passed());
    }

    @Test(timeout = 1000)
    public void twoCoins() {
        Turnstile t = new Turnstile();
        t.coin();
        t.coin();
        assertTrue(t.push());
        assertFalse(t.push());
    }

    @Test(timeout = 1000)
    public void again() {
        Turnstile t = new Turnstile();
        for (int i = 0; i < 3; i++) {
            t.coin();
            assertTrue(t.push());
        }
        assertEquals(3, t.passed());
    }
}

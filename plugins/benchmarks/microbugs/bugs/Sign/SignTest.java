package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class SignTest {
    @Test(timeout = 1000)
    public void positive() {
        assertEquals(1, Sign.sign(8));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(-1, Sign.sign(-8));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, Sign.sign(0));
    }
}

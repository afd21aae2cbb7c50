package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class PerfectNumberTest {
    @Test(timeout = 1000)
    public void six() {
        assertTrue(PerfectNumber.isPerfect(6));
    }

    @Test(timeout = 1000)
    public void twentyEight() {
        assertTrue(PerfectNumber.isPerfect(28));
    }

    @Test(timeout = 1000)
    public void prime() {
        assertFalse(PerfectNumber.isPerfect(7));
    }

    @Test(timeout = 1000)
    public void twelve() {
        assertFalse(PerfectNumber.isPerfect(12));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class DivisorsTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, Divisors.divisors(1));
    }

    @Test(timeout = 1000)
    public void prime() {
        assertEquals(2, Divisors.divisors(7));
    }

    @Test(timeout = 1000)
    public void twelve() {
        assertEquals(6, Divisors.divisors(12));
    }
}

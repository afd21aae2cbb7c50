package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FactorialTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(1, Factorial.factorial(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, Factorial.factorial(1));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(2, Factorial.factorial(2));
    }

    @Test(timeout = 1000)
    public void five() {
        assertEquals(120, Factorial.factorial(5));
    }

    @Test(timeout = 1000)
    public void twenty() {
        assertEquals(2432902008176640000L, Factorial.factorial(20));
    }
}

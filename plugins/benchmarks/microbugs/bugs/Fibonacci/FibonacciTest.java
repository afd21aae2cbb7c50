package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FibonacciTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, Fibonacci.fib(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, Fibonacci.fib(1));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(2, Fibonacci.fib(3));
    }

    @Test(timeout = 1000)
    public void ten() {
        assertEquals(55, Fibonacci.fib(10));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class HammingTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, Hamming.hamming("", ""));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals(0, Hamming.hamming("abc", "abc"));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, Hamming.hamming("abc", "abd"));
    }

    @Test(timeout = 1000)
    public void longer() {
        assertEquals(2, Hamming.hamming("abc", "abcde"));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals(1, Hamming.hamming("abc", "xbc"));
        assertEquals(3, Hamming.hamming("abc", "xy"));
    }
}

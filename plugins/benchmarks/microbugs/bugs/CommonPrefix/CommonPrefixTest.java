package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CommonPrefixTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, CommonPrefix.prefix("", "abc"));
    }

    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, CommonPrefix.prefix("xyz", "abc"));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(2, CommonPrefix.prefix("abc", "abd"));
    }

    @Test(timeout = 1000)
    public void whole() {
        assertEquals(3, CommonPrefix.prefix("abc", "abcd"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ReverseTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", Reverse.reverse(""));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals("a", Reverse.reverse("a"));
    }

    @Test(timeout = 1000)
    public void word() {
        assertEquals("cba", Reverse.reverse("abc"));
    }

    @Test(timeout = 1000)
    public void spaces() {
        assertEquals(" yx", Reverse.reverse("xy "));
    }
}

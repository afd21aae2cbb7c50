package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class InsertionSortTest {
    @Test(timeout = 1000)
    public void empty() {
        check("");
    }

    @Test(timeout = 1000)
    public void one() {
        check("a", "a");
    }

    @Test(timeout = 1000)
    public void two() {
        check("a b", "b", "a");
    }

    @Test(timeout = 1000)
    public void turned() {
        check("a b c d", "d", "c", "b", "a");
    }

    @Test(timeout = 1000)
    public void mixed() {
        check("ab b ca cb", "cb", "ab", "ca", "b");
    }

    @Test(timeout = 1000)
    public void equal() {
        check("x x y", "x", "y", "x");
    }

    @Test(timeout = 1000)
    public void sorted() {
        check("a b c", "a", "b", "c");
    }

    private static void check(String want, String... words) {
        InsertionSort.sort(words);
        assertEquals(want, String.join(" ", words));
    }
}

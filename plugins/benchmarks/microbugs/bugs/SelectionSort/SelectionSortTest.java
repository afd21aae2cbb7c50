package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.List;

import org.junit.Test;

public class SelectionSortTest {
    @Test(timeout = 1000)
    public void empty() {
        check("", "");
    }

    @Test(timeout = 1000)
    public void one() {
        check("k", "k");
    }

    @Test(timeout = 1000)
    public void sorted() {
        check("a b c", "a b c");
    }

    @Test(timeout = 1000)
    public void turned() {
        check("c b a", "a b c");
    }

    @Test(timeout = 1000)
    public void mixed() {
        check("d a c b e", "a b c d e");
    }

    @Test(timeout = 1000)
    public void equal() {
        check("b a b a", "a a b b");
    }

    @Test(timeout = 1000)
    public void twoSmaller() {
        check("c a b", "a b c");
    }

    private static void check(String words, String want) {
        List<String> list = Arrays.asList(words.split(" "));
        SelectionSort.sort(list);
        assertEquals(Arrays.asList(want.split(" ")), list);
    }
}

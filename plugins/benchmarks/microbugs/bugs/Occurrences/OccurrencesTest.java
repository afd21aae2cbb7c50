package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class OccurrencesTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, Occurrences.occurrences("abc", "x"));
    }

    @Test(timeout = 1000)
    public void overlapping() {
        assertEquals(2, Occurrences.occurrences("aaa", "aa"));
    }

    @Test(timeout = 1000)
    public void last() {
        assertEquals(2, Occurrences.occurrences("abab", "ab"));
    }

    @Test(timeout = 1000)
    public void whole() {
        assertEquals(1, Occurrences.occurrences("abc", "abc"));
    }
}

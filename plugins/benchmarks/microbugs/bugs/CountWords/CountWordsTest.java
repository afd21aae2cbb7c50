package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CountWordsTest {
    @Test(timeout = 1000)
    public void missing() {
        assertEquals(0, CountWords.words(null));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, CountWords.words(""));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, CountWords.words("hello"));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(3, CountWords.words("a b c"));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CountLettersTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, CountLetters.letters("")[0]);
    }

    @Test(timeout = 1000)
    public void twice() {
        assertEquals(2, CountLetters.letters("abba")[1]);
    }

    @Test(timeout = 1000)
    public void other() {
        assertEquals(1, CountLetters.letters("X z")[25]);
    }

    @Test(timeout = 1000)
    public void ends() {
        assertEquals(26, CountLetters.letters("").length);
        assertEquals(2, CountLetters.letters("a-a")[0]);
        assertEquals(1, CountLetters.letters("{z`")[25]);
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class CompareLengthTest {
    @Test(timeout = 1000)
    public void shorter() {
        assertEquals(-1, CompareLength.compare("b", "aa"));
    }

    @Test(timeout = 1000)
    public void longer() {
        assertEquals(1, CompareLength.compare("aa", "b"));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals(0, CompareLength.compare("ab", "ab"));
    }

    @Test(timeout = 1000)
    public void text() {
        assertTrue(CompareLength.compare("ab", "cd") < 0);
    }
}

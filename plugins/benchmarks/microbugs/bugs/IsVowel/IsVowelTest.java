package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class IsVowelTest {
    @Test(timeout = 1000)
    public void a() {
        assertTrue(IsVowel.isVowel('a'));
    }

    @Test(timeout = 1000)
    public void i() {
        assertTrue(IsVowel.isVowel('i'));
    }

    @Test(timeout = 1000)
    public void u() {
        assertTrue(IsVowel.isVowel('u'));
    }

    @Test(timeout = 1000)
    public void b() {
        assertFalse(IsVowel.isVowel('b'));
    }
}

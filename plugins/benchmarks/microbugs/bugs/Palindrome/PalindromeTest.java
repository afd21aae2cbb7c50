package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class PalindromeTest {
    @Test(timeout = 1000)
    public void empty() {
        assertTrue(Palindrome.isPalindrome(""));
    }

    @Test(timeout = 1000)
    public void odd() {
        assertTrue(Palindrome.isPalindrome("level"));
    }

    @Test(timeout = 1000)
    public void even() {
        assertTrue(Palindrome.isPalindrome("abba"));
    }

    @Test(timeout = 1000)
    public void different() {
        assertFalse(Palindrome.isPalindrome("ab"));
    }

    @Test(timeout = 1000)
    public void inner() {
        assertFalse(Palindrome.isPalindrome("abca"));
    }
}

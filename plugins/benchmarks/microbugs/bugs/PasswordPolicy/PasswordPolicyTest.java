package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class PasswordPolicyTest {
    @Test(timeout = 1000)
    public void empty() {
        assertFalse(PasswordPolicy.accepts(""));
    }

    @Test(timeout = 1000)
    public void shortest() {
        assertFalse(PasswordPolicy.accepts("abc4567"));
        assertTrue(PasswordPolicy.accepts("abc45678"));
    }

    @Test(timeout = 1000)
    public void longest() {
        assertTrue(PasswordPolicy.accepts("12345678901234567890"));
        assertFalse(PasswordPolicy.accepts("123456789012345678901"));
    }

    @Test(timeout = 1000)
    public void digits() {
        assertFalse(PasswordPolicy.accepts("abcdefghij"));
        assertFalse(PasswordPolicy.accepts("abcdefghi1"));
        assertTrue(PasswordPolicy.accepts("abcdefgh12"));
    }

    @Test(timeout = 1000)
    public void many() {
        assertTrue(PasswordPolicy.accepts("a1b2c3d4e5"));
    }
}

package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class PermissionSetTest {
    @Test(timeout = 1000)
    public void nothing() {
        assertFalse(new PermissionSet().allows(1));
        assertTrue(new PermissionSet().allows(0));
    }

    @Test(timeout = 1000)
    public void granted() {
        PermissionSet p = new PermissionSet();
        p.grant(5);
        assertTrue(p.allows(1));
        assertTrue(p.allows(5));
        assertFalse(p.allows(2));
        assertFalse(p.allows(3));
    }

    @Test(timeout = 1000)
    public void revoked() {
        PermissionSet p = new PermissionSet();
        p.grant(7);
        p.revoke(2);
        assertTrue(p.allows(5));
        assertFalse(p.allows(2));
    }

    @Test(timeout = 1000)
    public void revokedTwo() {
        PermissionSet p = new PermissionSet();
        p.grant(7);
        p.revoke(3);
        assertTrue(p.allows(4));
        assertFalse(p.allows(1));
        assertFalse(p.allows(2));
    }

    @Test(timeout = 1000)
    public void revokedUnknown() {
        PermissionSet p = new PermissionSet();
        p.grant(1);
        p.revoke(8);
        assertTrue(p.allows(1));
        assertFalse(p.allows(8));
    }
}

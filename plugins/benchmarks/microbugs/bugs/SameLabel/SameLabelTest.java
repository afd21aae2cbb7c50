package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.HashSet;
import java.util.Set;

import org.junit.Test;

public class SameLabelTest {
    @Test(timeout = 1000)
    public void same() {
        assertTrue(new SameLabel("a").equals(new SameLabel(new String("a"))));
    }

    @Test(timeout = 1000)
    public void other() {
        assertFalse(new SameLabel("a").equals(new SameLabel("b")));
    }

    @Test(timeout = 1000)
    public void bothNull() {
        assertTrue(new SameLabel(null).equals(new SameLabel(null)));
    }

    @Test(timeout = 1000)
    public void oneNull() {
        assertFalse(new SameLabel(null).equals(new SameLabel("a")));
        assertFalse(new SameLabel("a").equals(new SameLabel(null)));
    }

    @Test(timeout = 1000)
    public void notALabel() {
        assertFalse(new SameLabel("a").equals("a"));
        assertFalse(new SameLabel("a").equals(null));
    }

    @Test(timeout = 1000)
    public void inASet() {
        Set<SameLabel> set = new HashSet<>();
        set.add(new SameLabel(null));
        set.add(new SameLabel(null));
        assertEquals(1, set.size());
    }
}

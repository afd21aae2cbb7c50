package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ClampTest {
    @Test(timeout = 1000)
    public void below() {
        assertEquals(1, Clamp.clamp(-5, 1, 9));
    }

    @Test(timeout = 1000)
    public void above() {
        assertEquals(9, Clamp.clamp(12, 1, 9));
    }

    @Test(timeout = 1000)
    public void inside() {
        assertEquals(4, Clamp.clamp(4, 1, 9));
    }

    @Test(timeout = 1000)
    public void edges() {
        assertEquals(1, Clamp.clamp(1, 1, 9));
        assertEquals(9, Clamp.clamp(9, 1, 9));
    }
}

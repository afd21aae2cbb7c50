package orchard;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class CrateTest {
    @Test
    public void holdsTwoDozen() {
        Crate crate = new Crate();
        for (int i = 0; i < 24; i++) {
            assertTrue(crate.add(new Pear(100)));
        }
        assertFalse(crate.add(new Pear(100)));
        assertEquals(24, crate.size());
    }

    @Test
    public void holdsTenKilograms() {
        Crate crate = new Crate();
        assertTrue(crate.add(new Apple(6000)));
        assertFalse(crate.add(new Apple(6000)));
        assertEquals(6000, crate.grams());
    }
}

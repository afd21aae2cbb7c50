package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public class RingBufferTest {
    @Test(timeout = 1000)
    public void room() {
        RingBuffer r = new RingBuffer(3);
        assertNull(r.put("a"));
        assertNull(r.put("b"));
        assertNull(r.put("c"));
    }

    @Test(timeout = 1000)
    public void oldest() {
        RingBuffer r = new RingBuffer(2);
        r.put("a");
        r.put("b");
        assertEquals("a", r.put("c"));
        assertEquals("b", r.put("d"));
        assertEquals("c", r.put("e"));
    }

    @Test(timeout = 1000)
    public void single() {
        RingBuffer r = new RingBuffer(1);
        assertNull(r.put("a"));
        assertEquals("a", r.put("b"));
        assertEquals("b", r.put("c"));
    }

    @Test(timeout = 1000)
    public void twoRounds() {
        RingBuffer r = new RingBuffer(3);
        for (int i = 0; i < 6; i++) {
            r.put("v" + i);
        }
        assertEquals("v3", r.put("x"));
    }
}

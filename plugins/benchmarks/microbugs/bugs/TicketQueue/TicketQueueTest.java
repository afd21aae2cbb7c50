package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class TicketQueueTest {
    @Test(timeout = 1000)
    public void order() {
        TicketQueue q = new TicketQueue(3);
        assertTrue(q.join("a"));
        assertTrue(q.join("b"));
        assertEquals("a", q.next());
        assertEquals("b", q.next());
        assertNull(q.next());
    }

    @Test(timeout = 1000)
    public void full() {
        TicketQueue q = new TicketQueue(2);
        assertTrue(q.join("a"));
        assertTrue(q.join("b"));
        assertFalse(q.join("c"));
    }

    @Test(timeout = 1000)
    public void noRoomAtAll() {
        assertFalse(new TicketQueue(0).join("a"));
    }

    @Test(timeout = 1000)
    public void again() {
        TicketQueue q = new TicketQueue(2);
        assertTrue(q.join("a"));
        assertFalse(q.join("a"));
        q.next();
        assertTrue(q.join("a"));
    }

    @Test(timeout = 1000)
    public void roomAfterLeaving() {
        TicketQueue q = new TicketQueue(1);
        assertTrue(q.join("a"));
        assertFalse(q.join("b"));
        assertEquals("a", q.next());
        assertTrue(q.join("b"));
        assertEquals("b", q.next());
    }
}

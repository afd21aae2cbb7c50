package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FromTheEndTest {
    @Test(timeout = 1000)
    public void last() {
        assertEquals(3, FromTheEnd.find(chain(1, 2, 3), 1));
    }

    @Test(timeout = 1000)
    public void middle() {
        assertEquals(2, FromTheEnd.find(chain(1, 2, 3), 2));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals(1, FromTheEnd.find(chain(1, 2, 3), 3));
    }

    @Test(timeout = 1000)
    public void beyond() {
        assertEquals(-1, FromTheEnd.find(chain(1, 2, 3), 4));
        assertEquals(-1, FromTheEnd.find(chain(1, 2, 3), 9));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(-1, FromTheEnd.find(null, 1));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals(-1, FromTheEnd.find(chain(7), 0));
    }

    @Test(timeout = 1000)
    public void single() {
        assertEquals(7, FromTheEnd.find(chain(7), 1));
    }

    private static FromTheEnd.Node chain(int... values) {
        FromTheEnd.Node head = null;
        for (int i = values.length - 1; i >= 0; i--) {
            head = new FromTheEnd.Node(values[i], head);
        }
        return head;
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class IntStackTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(-1, new IntStack().pop(-1));
    }

    @Test(timeout = 1000)
    public void one() {
        IntStack s = new IntStack();
        s.push(5);
        assertEquals(5, s.pop(-1));
        assertEquals(-1, s.pop(-1));
    }

    @Test(timeout = 1000)
    public void lastFirst() {
        IntStack s = new IntStack();
        s.push(1);
        s.push(2);
        assertEquals(2, s.pop(0));
        assertEquals(1, s.pop(0));
        assertEquals(0, s.pop(0));
    }

    @Test(timeout = 1000)
    public void grows() {
        IntStack s = new IntStack();
        s.push(1);
        s.push(2);
        s.push(3);
        assertEquals(3, s.pop(0));
        assertEquals(2, s.pop(0));
        assertEquals(1, s.pop(0));
    }

    @Test(timeout = 1000)
    public void many() {
        IntStack s = new IntStack();
        for (int i = 0; i < 100; i++) {
            s.push(i);
        }
        for (int i = 99; i >= 0; i--) {
            assertEquals(i, s.pop(-1));
        }
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ManhattanTest {
    @Test(timeout = 1000)
    public void same() {
        assertEquals(0, Manhattan.manhattan(1, 2, 1, 2));
    }

    @Test(timeout = 1000)
    public void right() {
        assertEquals(3, Manhattan.manhattan(0, 0, 3, 0));
    }

    @Test(timeout = 1000)
    public void up() {
        assertEquals(4, Manhattan.manhattan(0, 0, 0, 4));
    }

    @Test(timeout = 1000)
    public void both() {
        assertEquals(7, Manhattan.manhattan(1, 1, 4, 5));
    }
}

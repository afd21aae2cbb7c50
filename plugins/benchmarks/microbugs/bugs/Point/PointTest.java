package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PointTest {
    @Test(timeout = 1000)
    public void itself() {
        Point p = new Point(2, 7);
        assertEquals(0, p.squareDistance(p));
    }

    @Test(timeout = 1000)
    public void horizontal() {
        assertEquals(9, new Point(1, 4).squareDistance(new Point(4, 4)));
    }

    @Test(timeout = 1000)
    public void vertical() {
        assertEquals(16, new Point(2, 1).squareDistance(new Point(2, 5)));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(25, new Point(-1, 0).squareDistance(new Point(2, -4)));
    }

    @Test(timeout = 1000)
    public void mirrored() {
        assertEquals(18, new Point(2, 5).squareDistance(new Point(2, 5).mirrored()));
    }
}

package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class OpeningHoursTest {
    @Test(timeout = 1000)
    public void sunday() {
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.SUN, 10));
    }

    @Test(timeout = 1000)
    public void saturday() {
        assertTrue(OpeningHours.isOpen(OpeningHours.Day.SAT, 9));
        assertTrue(OpeningHours.isOpen(OpeningHours.Day.SAT, 12));
    }

    @Test(timeout = 1000)
    public void saturdayClosed() {
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.SAT, 8));
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.SAT, 13));
    }

    @Test(timeout = 1000)
    public void week() {
        assertTrue(OpeningHours.isOpen(OpeningHours.Day.MON, 9));
        assertTrue(OpeningHours.isOpen(OpeningHours.Day.FRI, 16));
    }

    @Test(timeout = 1000)
    public void weekClosed() {
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.WED, 8));
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.THU, 17));
        assertFalse(OpeningHours.isOpen(OpeningHours.Day.TUE, 23));
    }
}

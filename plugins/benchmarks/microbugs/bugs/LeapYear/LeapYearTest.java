package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class LeapYearTest {
    @Test(timeout = 1000)
    public void fourth() {
        assertTrue(LeapYear.isLeap(2024));
    }

    @Test(timeout = 1000)
    public void common() {
        assertFalse(LeapYear.isLeap(2023));
    }

    @Test(timeout = 1000)
    public void century() {
        assertFalse(LeapYear.isLeap(1900));
    }

    @Test(timeout = 1000)
    public void fourCenturies() {
        assertTrue(LeapYear.isLeap(2000));
    }
}

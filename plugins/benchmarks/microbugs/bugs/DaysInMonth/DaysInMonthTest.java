package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class DaysInMonthTest {
    @Test(timeout = 1000)
    public void february() {
        assertEquals(28, DaysInMonth.days(2));
    }

    @Test(timeout = 1000)
    public void april() {
        assertEquals(30, DaysInMonth.days(4));
    }

    @Test(timeout = 1000)
    public void july() {
        assertEquals(31, DaysInMonth.days(7));
    }

    @Test(timeout = 1000)
    public void november() {
        assertEquals(30, DaysInMonth.days(11));
    }

    @Test(timeout = 1000)
    public void december() {
        assertEquals(31, DaysInMonth.days(12));
    }

    @Test(timeout = 1000)
    public void summer() {
        assertEquals(30, DaysInMonth.days(6));
        assertEquals(31, DaysInMonth.days(8));
        assertEquals(30, DaysInMonth.days(9));
        assertEquals(31, DaysInMonth.days(10));
    }

    @Test(timeout = 1000)
    public void spring() {
        assertEquals(31, DaysInMonth.days(1));
        assertEquals(31, DaysInMonth.days(3));
        assertEquals(31, DaysInMonth.days(5));
    }
}

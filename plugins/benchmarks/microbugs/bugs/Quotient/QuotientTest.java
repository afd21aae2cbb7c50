package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class QuotientTest {
    @Test(timeout = 1000)
    public void even() {
        assertEquals(4, Quotient.quotient(8, 2));
    }

    @Test(timeout = 1000)
    public void rest() {
        assertEquals(2, Quotient.quotient(8, 3));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, Quotient.quotient(8, 0));
    }
}

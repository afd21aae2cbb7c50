package orchard;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class MoneyTest {
    @Test
    public void roundsHalfUp() {
        assertEquals(3, new Money(25).percent(10).cents());
    }

    @Test
    public void printsTwoDigits() {
        assertEquals("1.05", new Money(105).toString());
    }

    @Test
    public void printsNegativeAmounts() {
        assertEquals("-0.50", new Money(-50).toString());
    }

    @Test
    public void compares() {
        assertTrue(new Money(2).isMore(new Money(1)));
    }
}

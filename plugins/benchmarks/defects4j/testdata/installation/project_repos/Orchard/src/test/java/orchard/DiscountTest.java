package orchard;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class DiscountTest {
    private final Discount discount = new Discount("SPRING", 10);

    @Test
    public void takesNoCode() {
        assertFalse(discount.accepts(null));
    }

    @Test
    public void takesItsCode() {
        assertTrue(discount.accepts(" spring "));
    }

    @Test
    public void lowersThePrice() {
        assertEquals(90, discount.apply(new Money(100)).cents());
    }
}

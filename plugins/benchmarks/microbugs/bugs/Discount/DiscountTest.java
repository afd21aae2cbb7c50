package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class DiscountTest {
    @Test(timeout = 1000)
    public void one() {
        assertEquals(7, Discount.price(7, 1));
    }

    @Test(timeout = 1000)
    public void nine() {
        assertEquals(90, Discount.price(10, 9));
    }

    @Test(timeout = 1000)
    public void ten() {
        assertEquals(90, Discount.price(10, 10));
    }

    @Test(timeout = 1000)
    public void many() {
        assertEquals(180, Discount.price(10, 20));
    }
}

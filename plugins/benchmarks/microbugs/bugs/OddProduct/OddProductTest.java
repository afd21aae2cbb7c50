package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class OddProductTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(1, OddProduct.product(new ArrayList<>()));
    }

    @Test(timeout = 1000)
    public void onlyEven() {
        assertEquals(1, OddProduct.product(Arrays.asList(2, 4, 0)));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(7, OddProduct.product(Arrays.asList(7)));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals(15, OddProduct.product(Arrays.asList(2, 3, 4, 5)));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(-21, OddProduct.product(Arrays.asList(-3, 8, 7)));
    }
}

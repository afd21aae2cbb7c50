package micro;

import static org.junit.Assert.assertEquals;

import java.util.HashMap;
import java.util.Map;

import org.junit.Test;

public class CartTotalTest {
    @Test(timeout = 1000)
    public void nothing() {
        assertEquals(0, CartTotal.total(map(), map("tea", 3)));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(3, CartTotal.total(map("tea", 1), map("tea", 3)));
    }

    @Test(timeout = 1000)
    public void several() {
        assertEquals(12, CartTotal.total(map("tea", 4), map("tea", 3)));
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals(19, CartTotal.total(map("tea", 3, "jam", 2), map("tea", 3, "jam", 5)));
    }

    @Test(timeout = 1000)
    public void noPrice() {
        assertEquals(10, CartTotal.total(map("pen", 7, "jam", 2), map("jam", 5)));
    }

    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, CartTotal.total(map("jam", 0), map("jam", 5)));
    }

    private static Map<String, Integer> map(Object... pairs) {
        Map<String, Integer> map = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], (Integer) pairs[i + 1]);
        }
        return map;
    }
}

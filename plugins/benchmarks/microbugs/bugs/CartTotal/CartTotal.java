package micro;

import java.util.Map;

public class CartTotal {
    /** What the counted items cost; an item without a price counts as free. */
    public static int total(Map<String, Integer> counts, Map<String, Integer> prices) {
        int total = 0;
        for (Map.Entry<String, Integer> item : counts.entrySet()) {
            int price = prices.getOrDefault(item.getKey(), 0);
            total += price + item.getValue();
        }
        return total;
    }
}

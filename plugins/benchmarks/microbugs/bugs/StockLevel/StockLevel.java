package micro;

import java.util.HashMap;
import java.util.Map;

public class StockLevel {
    private final Map<String, Integer> stock = new HashMap<>();

    public void add(String item, int count) {
        stock.put(item, stock.get(item) + count);
    }

    public int count(String item) {
        return stock.getOrDefault(item, 0);
    }
}

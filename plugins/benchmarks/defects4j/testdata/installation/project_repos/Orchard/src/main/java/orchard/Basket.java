package orchard;

import java.util.ArrayList;
import java.util.List;

public final class Basket {
    private final List<String> names = new ArrayList<String>();
    private final List<Integer> counts = new ArrayList<Integer>();

    public void add(String name, int count) {
        int at = names.indexOf(name);
        if (at < 0) {
            names.add(name);
            counts.add(count);
        } else {
            counts.set(at, counts.get(at) + count);
        }
    }

    public int count(String name) {
        int at = names.indexOf(name);
        return at < 0 ? 0 : counts.get(at);
    }

    public Money total(PriceList prices) {
        Money sum = new Money(0);
        for (int i = 0; i < names.size(); i++) {
            sum = sum.plus(new Money(prices.of(names.get(i)).cents() * counts.get(i)));
        }
        return sum;
    }
}

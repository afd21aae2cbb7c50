package orchard;

import java.util.ArrayList;
import java.util.List;

public class Crate {
    private final List<Fruit> fruits = new ArrayList<Fruit>();

    /** Adds a fruit if there is room. */
    public boolean add(Fruit fruit) {
        if (fruits.size() >= Limits.CRATE_FRUITS) {
            return false;
        }
        if (grams() + fruit.grams() > Limits.CRATE_GRAMS) {
            return false;
        }
        return fruits.add(fruit);
    }

    public int grams() {
        int sum = 0;
        for (Fruit fruit : fruits) {
            sum += fruit.grams();
        }
        return sum;
    }

    public int size() {
        return fruits.size();
    }
}

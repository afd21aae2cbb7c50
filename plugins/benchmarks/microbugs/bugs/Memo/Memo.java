package micro;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

public class Memo<T> {
    private final Map<T, T> known = new HashMap<>();
    private final UnaryOperator<T> rule;

    public Memo(UnaryOperator<T> rule) {
        this.rule = rule;
    }

    /** The rule's answer, which is asked for once for each key. */
    public T get(T key) {
        if (!known.containsKey(key)) {
            T value = rule.apply(key);
            known.put(value, value);
        }
        return known.get(key);
    }
}

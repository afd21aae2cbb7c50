package micro;

import java.util.HashMap;
import java.util.Map;

public class Settings {
    private final Map<String, String> values = new HashMap<>();
    private final Settings parent;

    public Settings(Settings parent) {
        this.parent = parent;
    }

    public void set(String key, String value) {
        values.put(key, value);
    }

    /** The value here, or else of the parents; null where none has it. */
    public String get(String key) {
        String value = values.get(key);
        if (value == null) {
            value = parent.get(key);
        }
        return value;
    }
}

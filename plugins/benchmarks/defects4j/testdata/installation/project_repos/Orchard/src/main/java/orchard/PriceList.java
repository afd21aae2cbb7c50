package orchard;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.LinkedHashMap;
import java.util.Map;

public final class PriceList {
    private final Map<String, Money> prices = new LinkedHashMap<String, Money>();

    /** Reads lines of name and cents. */
    public static PriceList read(Reader from) throws IOException {
        PriceList list = new PriceList();
        BufferedReader reader = new BufferedReader(from);
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] fields = line.split(",");
            list.prices.put(fields[0].trim(), new Money(Long.parseLong(fields[1].trim())));
        }
        return list;
    }

    public Money of(String name) {
        return prices.get(name);
    }

    public int size() {
        return prices.size();
    }
}

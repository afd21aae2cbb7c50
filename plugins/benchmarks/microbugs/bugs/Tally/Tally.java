package micro;

import java.util.Map;
import java.util.TreeMap;

public class Tally {
    /** How often each vote was given; missing votes count as "none". */
    public static Map<String, Integer> count(String... votes) {
        Map<String, Integer> tally = new TreeMap<>();
        for (String vote : votes) {
            tally.merge(vote, 1, Integer::sum);
        }
        return tally;
    }
}

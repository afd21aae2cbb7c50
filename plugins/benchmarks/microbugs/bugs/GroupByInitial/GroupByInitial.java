package micro;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public class GroupByInitial {
    /** Words by their first letter as a capital; empty words are left out. */
    public static Map<String, List<String>> group(List<String> words) {
        Map<String, List<String>> groups = new TreeMap<>();
        for (String word : words) {
            if (word.isEmpty()) {
                continue;
            }
            String initial = word.substring(0, 1).toUpperCase();
            groups.computeIfAbsent(word, k -> new ArrayList<>()).add(word);
        }
        return groups;
    }
}

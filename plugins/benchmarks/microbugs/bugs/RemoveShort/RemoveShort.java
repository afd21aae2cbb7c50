package micro;

import java.util.List;

public class RemoveShort {
    /** Removes words of fewer than n letters and says how many those were. */
    public static int remove(List<String> words, int n) {
        int before = words.size();
        words.removeIf(word -> word.length() < n);
        return words.size();
    }
}

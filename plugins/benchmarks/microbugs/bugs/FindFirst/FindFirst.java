package micro;

import java.util.List;
import java.util.Optional;

public class FindFirst {
    /** The first word that is longer than n letters. */
    public static Optional<String> longer(List<String> words, int n) {
        for (String word : words) {
            if (word.length() > n) {
                return words.stream().findFirst();
            }
        }
        return words.stream().findFirst();
    }
}

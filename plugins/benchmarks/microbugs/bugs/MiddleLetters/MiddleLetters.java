package micro;

public class MiddleLetters {
    /** The letter in the middle, or the two there. */
    public static String middle(String word) {
        int half = word.length() / 2;
        if (word.isEmpty() || word.length() % 2 == 1) {
            return word.substring(half, Math.min(half + 1, word.length()));
        }
        return word.substring(half, half + 2);
    }
}

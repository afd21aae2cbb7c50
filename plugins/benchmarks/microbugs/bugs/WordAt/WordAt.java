package micro;

public class WordAt {
    /** The n-th word of a line, counted from 1; empty where there is none. */
    public static String word(String line, int n) {
        String[] words = line.trim().split("\\s+");
        return n >= 0 && n < words.length ? words[n] : "";
    }
}

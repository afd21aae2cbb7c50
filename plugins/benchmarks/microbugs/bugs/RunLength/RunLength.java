package micro;

public class RunLength {
    /** aaab becomes 3a1b. */
    public static String encode(String text) {
        StringBuilder out = new StringBuilder();
        int start = 0;
        for (int i = 1; i < text.length(); i++) {
            if (text.charAt(i) != text.charAt(start)) {
                out.append(i - start).append(text.charAt(start));
                start = i;
            }
        }
        return out.toString();
    }
}

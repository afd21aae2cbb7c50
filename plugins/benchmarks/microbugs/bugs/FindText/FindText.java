package micro;

public class FindText {
    /** Where a pattern, in which ? stands for any letter, is first found, or -1. */
    public static int find(String text, String pattern) {
        for (int i = 0; i + pattern.length() <= text.length(); i++) {
            int j = 0;
            while (j < pattern.length() && (pattern.charAt(j) == '?' || pattern.charAt(j) == text.charAt(i + j))) {
                j++;
            }
            if (j == pattern.length()) {
                return j;
            }
        }
        return -1;
    }
}

package micro;

public class Occurrences {
    public static int occurrences(String s, String t) {
        int r = 0;
        for (int i = 0; i < s.length() - t.length(); i++) {
            if (s.startsWith(t, i)) {
                r++;
            }
        }
        return r;
    }
}

package micro;

public class Hamming {
    public static int hamming(String s, String t) {
        int n = Math.min(s.length(), t.length());
        int r = Math.abs(s.length() - t.length());
        for (int i = 0; i <= n; i++) {
            if (s.charAt(i) != t.charAt(i)) {
                r++;
            }
        }
        return r;
    }
}

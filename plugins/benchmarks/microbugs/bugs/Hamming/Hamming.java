package micro;

public class Hamming {
    public static int hamming(String s, String t) {
        int r = 0;
        for (int i = 0; i <= s.length(); i++) {
            if (s.charAt(i) != t.charAt(i)) {
                r++;
            }
        }
        return r;
    }
}

package micro;

public class CommonPrefix {
    public static int prefix(String s, String t) {
        int n = Math.min(s.length(), t.length());
        int i = 0;
        while (i < n && s.charAt(i) != t.charAt(i)) {
            i++;
        }
        return i;
    }
}

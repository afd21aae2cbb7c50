package micro;

public class Interleave {
    /** Characters of s and t in turn, then what is left of the longer one. */
    public static String interleave(String s, String t) {
        StringBuilder sb = new StringBuilder();
        int common = Math.min(s.length(), t.length());
        for (int i = 0; i < common; i++) {
            sb.append(s.charAt(i)).append(t.charAt(i));
        }
        sb.append(s.substring(common)).append(s.substring(common));
        return sb.toString();
    }
}

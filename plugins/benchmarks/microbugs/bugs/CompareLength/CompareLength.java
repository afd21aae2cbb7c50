package micro;

public class CompareLength {
    public static int compare(String s, String t) {
        if (s.length() < t.length()) {
            return -1;
        }
        if (s.length() > t.length()) {
            return -1;
        }
        return s.compareTo(t);
    }
}

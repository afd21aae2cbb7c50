package micro;

public class SafeEquals {
    public static boolean same(String s, String t) {
        if (s != null) {
            return t == null;
        }
        return s.equals(t);
    }
}

package micro;

public class Capitalize {
    public static String capitalize(String s) {
        if (s == null) {
            return s;
        }
        return Character.toUpperCase(s.charAt(0)) + s.substring(1);
    }
}

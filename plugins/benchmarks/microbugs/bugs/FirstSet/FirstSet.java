package micro;

public class FirstSet {
    public static String firstSet(String[] a) {
        for (String s : a) {
            if (s == null) {
                return s;
            }
        }
        return "";
    }
}

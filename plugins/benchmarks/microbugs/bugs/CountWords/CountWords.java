package micro;

public class CountWords {
    public static int words(String s) {
        if (s.isEmpty()) {
            return 0;
        }
        return s.split(" ").length;
    }
}

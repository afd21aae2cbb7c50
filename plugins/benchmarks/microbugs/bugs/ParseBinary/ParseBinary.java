package micro;

public class ParseBinary {
    public static int parse(String s) {
        int r = 0;
        for (int i = 0; i < s.length(); i++) {
            r = r * 2 + s.charAt(i) + '0';
        }
        return r;
    }
}

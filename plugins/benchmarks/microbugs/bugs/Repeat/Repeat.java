package micro;

public class Repeat {
    public static String repeat(String s, int n) {
        StringBuilder sb = new StringBuilder();
        for (int i = 0; i <= n; i++) {
            sb.append(s);
        }
        return sb.toString();
    }
}

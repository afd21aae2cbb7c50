package micro;

public class Reverse {
    public static String reverse(String s) {
        StringBuilder sb = new StringBuilder();
        for (int i = s.length(); i >= 0; i--) {
            sb.append(s.charAt(i));
        }
        return sb.toString();
    }
}

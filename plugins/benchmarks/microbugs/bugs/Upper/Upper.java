package micro;

public class Upper {
    public static String upper(String s) {
        char[] r = s.toCharArray();
        for (int i = 0; i < r.length; i++) {
            if (r[i] > 'a' && r[i] <= 'z') {
                r[i] -= 32;
            }
        }
        return new String(r);
    }
}

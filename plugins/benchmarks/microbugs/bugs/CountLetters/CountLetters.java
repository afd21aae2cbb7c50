package micro;

public class CountLetters {
    public static int[] letters(String s) {
        int[] r = new int[26];
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c >= 'a' && c <= 'z') {
                r[i]++;
            }
        }
        return r;
    }
}

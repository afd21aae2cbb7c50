package micro;

public class IsVowel {
    public static boolean isVowel(char c) {
        return c == 'a' || c == 'e' || c == 'i' || c == 'o';
    }
}

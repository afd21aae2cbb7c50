package micro;

public class Plural {
    private static boolean isVowel(char c) {
        return "aeiou".indexOf(c) >= 0;
    }

    /** Adds s, es behind s, x, ch and sh, and turns y behind a consonant into ies. */
    public static String of(String noun) {
        int n = noun.length();
        if (noun.endsWith("s") || noun.endsWith("x") || noun.endsWith("ch") || noun.endsWith("sh")) {
            return noun + "es";
        }
        if (noun.endsWith("y")) {
            return noun.substring(0, n - 1) + "ies";
        }
        return noun + "s";
    }
}

package micro;

public class Ordinal {
    /** 1st, 2nd, 3rd, 4th and so on. */
    public static String of(int n) {
        switch (n % 10) {
            case 1:
                return n + "st";
            case 2:
                return n + "nd";
            case 3:
                return n + "rd";
            default:
                return n + "th";
        }
    }
}

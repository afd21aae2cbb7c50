package micro;

public class YesNo {
    /** Reads yes, y, true and on, in any case, as true; everything else as false. */
    public static boolean parse(String text) {
        switch (text.trim().toLowerCase()) {
            case "yes":
            case "y":
            case "true":
                return true;
            default:
                return false;
        }
    }
}

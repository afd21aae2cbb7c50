package micro;

public class Initials {
    /** The first letters as capitals; names that are missing or empty are left out. */
    public static String of(String first, String last) {
        String initials = "";
        if (!first.isEmpty()) {
            initials += Character.toUpperCase(first.charAt(0));
        }
        if (!last.isEmpty()) {
            initials += Character.toUpperCase(last.charAt(0));
        }
        return initials;
    }
}

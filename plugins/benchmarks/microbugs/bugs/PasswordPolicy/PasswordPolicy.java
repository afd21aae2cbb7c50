package micro;

public class PasswordPolicy {
    /** Whether the length is 8 to 20 and at least two characters are digits. */
    public static boolean accepts(String password) {
        if (password.length() <= 8) {
            return false;
        }
        int digits = 0;
        for (char c : password.toCharArray()) {
            if (Character.isDigit(c)) {
                digits++;
            }
        }
        return digits > 2 && password.length() <= 20;
    }
}

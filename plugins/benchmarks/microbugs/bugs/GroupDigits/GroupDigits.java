package micro;

public class GroupDigits {
    /** Commas between thousands: 1,234,567. */
    public static String format(long number) {
        String digits = Long.toString(Math.abs(number));
        StringBuilder out = new StringBuilder(number < 0 ? "-" : "");
        for (int i = 0; i < digits.length(); i++) {
            int left = digits.length() - i;
            if (left % 3 == 0) {
                out.append(',');
            }
            out.append(digits.charAt(i));
        }
        return out.toString();
    }
}

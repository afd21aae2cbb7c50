package micro;

public class CheckDigit {
    /** The digit that brings the sum, weighted 1, 3, 1, 3 and so on, to a multiple of 10. */
    public static int of(String digits) {
        int sum = 0;
        int weight = 1;
        for (char c : digits.toCharArray()) {
            sum += weight * (c - '0');
            weight = 4 - weight;
        }
        return (10 - sum % 10) / 10;
    }
}

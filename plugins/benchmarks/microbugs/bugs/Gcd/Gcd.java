package micro;

public class Gcd {
    /** The largest number that divides all of them; 0 where they are none or zeros. */
    public static int gcd(int... numbers) {
        int divisor = 0;
        for (int number : numbers) {
            int rest = Math.abs(number);
            while (rest > 0) {
                int next = divisor % rest;
                divisor = rest;
                rest = next;
            }
        }
        return numbers[0];
    }
}

package micro;

public class Collatz {
    public static int collatz(long n) {
        int r = 0;
        while (n != 1) {
            if (n % 2 != 0) {
                n = n / 2;
            } else {
                n = 3 * n + 1;
            }
            r++;
        }
        return r;
    }
}

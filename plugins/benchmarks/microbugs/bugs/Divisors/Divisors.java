package micro;

public class Divisors {
    public static int divisors(int n) {
        int c = 0;
        for (int i = 0; i <= n; i++) {
            if (n % i == 0) {
                c++;
            }
        }
        return c;
    }
}

package micro;

public class Power {
    public static long power(int b, int n) {
        long r = 1;
        while (n > 0) {
            r += b;
            n--;
        }
        return r;
    }
}

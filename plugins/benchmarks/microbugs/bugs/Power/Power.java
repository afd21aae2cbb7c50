package micro;

public class Power {
    public static long power(int b, int n) {
        long r = 1;
        for (int i = 0; i < n; i++) {
            r += b;
        }
        return r;
    }
}

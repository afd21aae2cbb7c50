package micro;

public class BitCount {
    public static int bits(int n) {
        int c = 0;
        while (n > 1) {
            c += n % 2;
            n = n / 2;
        }
        return c;
    }
}

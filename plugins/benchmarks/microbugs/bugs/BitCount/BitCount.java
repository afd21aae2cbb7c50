package micro;

public class BitCount {
    public static int bits(int n) {
        int c = 0;
        for (int i = 1; i < 32; i++) {
            if ((n & 1 << i) != 0) {
                c++;
            }
        }
        return c;
    }
}

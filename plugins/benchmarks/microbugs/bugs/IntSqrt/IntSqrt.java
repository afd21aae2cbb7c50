package micro;

public class IntSqrt {
    public static int sqrt(int n) {
        int r = 0;
        while (r * r < n) {
            r++;
        }
        return r - 1;
    }
}

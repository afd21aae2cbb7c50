package micro;

public class MedianOfThree {
    public static int median(int a, int b, int c) {
        int lo = Math.min(a, b);
        int hi = Math.max(a, b);
        return Math.max(lo, Math.max(hi, c));
    }
}

package micro;

public class Clamp {
    public static int clamp(int x, int lo, int hi) {
        if (x < lo) {
            return hi;
        }
        if (x > hi) {
            return hi;
        }
        return x;
    }
}

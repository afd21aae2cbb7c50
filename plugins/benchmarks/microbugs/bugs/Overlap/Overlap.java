package micro;

public class Overlap {
    public static boolean overlap(int a, int b, int c, int d) {
        return a <= d && c < b;
    }
}

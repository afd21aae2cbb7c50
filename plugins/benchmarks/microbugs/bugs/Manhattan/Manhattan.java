package micro;

public class Manhattan {
    public static int manhattan(int a, int b, int c, int d) {
        return Math.abs(a - c) + Math.abs(b - c);
    }
}

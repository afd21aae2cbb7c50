package micro;

public class PowerOfTwo {
    public static boolean isPower(int n) {
        return (n & (n - 1)) == 0;
    }
}

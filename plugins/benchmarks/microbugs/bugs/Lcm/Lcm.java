package micro;

public class Lcm {
    public static int lcm(int a, int b) {
        return a / gcd(a, b) * a;
    }

    public static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}

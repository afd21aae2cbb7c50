package micro;

public class Discount {
    public static int price(int p, int n) {
        return p * n;
    }
}

package micro;

public class Quotient {
    public static int quotient(int a, int b) {
        return a / b;
    }
}

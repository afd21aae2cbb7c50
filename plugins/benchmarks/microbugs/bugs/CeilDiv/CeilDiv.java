package micro;

public class CeilDiv {
    public static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}

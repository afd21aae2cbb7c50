package micro;

public class Stairs {
    public static int climb(int n) {
        if (n <= 1) {
            return 0;
        }
        return climb(n - 1) + climb(n - 2);
    }
}

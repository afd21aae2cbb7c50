package micro;

public class RotateLeft {
    public static void rotate(int[] a) {
        int x = a[0];
        for (int i = 0; i < a.length - 1; i++) {
            a[i] = a[i + 1];
        }
        a[0] = x;
    }
}

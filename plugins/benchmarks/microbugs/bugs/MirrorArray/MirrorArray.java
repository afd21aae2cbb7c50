package micro;

public class MirrorArray {
    public static boolean mirror(int[] a) {
        for (int i = 0; i < a.length / 2; i++) {
            if (a[i] != a[a.length - i]) {
                return false;
            }
        }
        return true;
    }
}

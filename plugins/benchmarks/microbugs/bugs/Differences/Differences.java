package micro;

public class Differences {
    public static int[] differences(int[] a) {
        int[] r = new int[a.length];
        for (int i = 0; i < r.length; i++) {
            r[i] = a[i + 1] - a[i];
        }
        return r;
    }
}

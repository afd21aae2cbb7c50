package micro;

public class Spread {
    public static int spread(int[] a) {
        int min = a[0];
        int max = a[0];
        for (int i = 1; i < a.length; i++) {
            min = Math.max(min, a[i]);
            max = Math.min(max, a[i]);
        }
        return max - min;
    }
}

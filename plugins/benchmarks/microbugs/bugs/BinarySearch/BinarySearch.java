package micro;

public class BinarySearch {
    public static int search(int[] a, int x) {
        int lo = 0;
        int hi = a.length - 1;
        while (lo < hi) {
            int m = (lo + hi) / 2;
            if (a[m] == x) {
                return m;
            }
            if (a[m] < x) {
                lo = m + 1;
            } else {
                hi = m - 1;
            }
        }
        return -1;
    }
}

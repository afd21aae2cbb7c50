package micro;

public class MaxSubarray {
    public static int maxSum(int[] a) {
        int best = a[0];
        int cur = a[0];
        for (int i = 1; i < a.length; i++) {
            cur = Math.max(a[i], cur + a[i]);
            best = Math.max(best, a[i]);
        }
        return best;
    }
}

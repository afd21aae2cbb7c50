package micro;

public class LongestRun {
    public static int longestRun(int[] a) {
        int best = 0;
        int run = 0;
        for (int i = 0; i < a.length; i++) {
            if (i > 0 && a[i] == a[i - 1]) {
                run++;
            } else {
                run = 0;
            }
            best = Math.max(best, run);
        }
        return best;
    }
}

package micro;

public class HasPairSum {
    public static boolean hasPair(int[] a, int k) {
        for (int i = 0; i < a.length; i++) {
            for (int j = i; j < a.length; j++) {
                if (a[i] + a[j] == k) {
                    return true;
                }
            }
        }
        return false;
    }
}

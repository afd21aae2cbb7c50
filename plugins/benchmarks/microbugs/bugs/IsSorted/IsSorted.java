package micro;

public class IsSorted {
    public static boolean isSorted(int[] a) {
        int last = Integer.MIN_VALUE;
        for (int x : a) {
            if (x <= last) {
                return false;
            }
            last = x;
        }
        return true;
    }
}

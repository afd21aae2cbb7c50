package micro;

public class AlternatingSum {
    public static int alternate(int[] a) {
        int sum = 0;
        for (int i = 0; i < a.length; i++) {
            if (i % 2 == 0) {
                sum += a[i];
            } else {
                sum += a[i];
            }
        }
        return sum;
    }
}

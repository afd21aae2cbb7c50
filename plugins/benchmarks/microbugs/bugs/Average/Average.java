package micro;

public class Average {
    public static double average(int[] a) {
        if (a.length == 0) {
            return 0;
        }
        double sum = 0;
        for (int x : a) {
            sum += x;
        }
        return sum / a.length;
    }
}

package micro;

public class SecondLargest {
    public static int second(int[] a) {
        int top = Integer.MIN_VALUE;
        int next = Integer.MIN_VALUE;
        for (int x : a) {
            if (x > top) {
                next = top;
                top = x;
            } else if (x > next) {
                next = x;
            }
        }
        return next;
    }
}

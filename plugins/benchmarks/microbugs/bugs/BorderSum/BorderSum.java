package micro;

public class BorderSum {
    /** The sum of the outermost cells of a square of two rows or more, each counted once. */
    public static int sum(int[][] square) {
        int last = square.length - 1;
        int sum = 0;
        for (int i = 0; i < last; i++) {
            sum += square[0][i] + square[last][i];
        }
        for (int i = 0; i < last; i++) {
            sum += square[i][0] + square[i][last];
        }
        return sum;
    }
}

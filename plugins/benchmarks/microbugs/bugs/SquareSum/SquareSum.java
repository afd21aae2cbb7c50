package micro;

import java.util.stream.IntStream;

public class SquareSum {
    /** 1 + 4 + 9 and so on to the square of n. */
    public static int upTo(int n) {
        return IntStream.range(1, n).map(i -> i * i).sum();
    }
}

package micro;

import java.util.List;

public class OddProduct {
    /** The product of the odd numbers of a list; 1 where there is none. */
    public static int product(List<Integer> numbers) {
        return numbers.stream()
                .filter(n -> n % 2 != 0)
                .reduce(1, (x, y) -> x + y);
    }
}

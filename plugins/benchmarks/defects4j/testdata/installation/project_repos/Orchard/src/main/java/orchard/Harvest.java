package orchard;

import java.util.List;

public final class Harvest {
    private Harvest() {
    }

    /** Kilograms that trees bear in a year. */
    public static int expected(List<Tree> trees, int year) {
        int sum = 0;
        for (Tree tree : trees) {
            if (tree.bears(year)) {
                sum += Math.min(60, 10 * tree.age(year));
            }
        }
        return sum;
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.Test;

public class MergeIntervalsTest {
    @Test(timeout = 1000)
    public void none() {
        assertTrue(MergeIntervals.merge(new ArrayList<>()).isEmpty());
    }

    @Test(timeout = 1000)
    public void apart() {
        check(Arrays.asList(new int[] {1, 2}, new int[] {4, 5}), 1, 2, 4, 5);
    }

    @Test(timeout = 1000)
    public void neighbours() {
        check(Arrays.asList(new int[] {1, 2}, new int[] {3, 5}), 1, 2, 3, 5);
    }

    @Test(timeout = 1000)
    public void overlapping() {
        check(Arrays.asList(new int[] {-3, 4}, new int[] {2, 6}, new int[] {9, 10}), -3, 6, 9, 10);
    }

    @Test(timeout = 1000)
    public void touching() {
        check(Arrays.asList(new int[] {1, 3}, new int[] {3, 5}, new int[] {5, 6}), 1, 6);
    }

    @Test(timeout = 1000)
    public void inside() {
        check(Arrays.asList(new int[] {1, 9}, new int[] {2, 3}, new int[] {4, 5}), 1, 9);
    }

    @Test(timeout = 1000)
    public void inputIsLeftAlone() {
        int[] first = {1, 3};
        MergeIntervals.merge(Arrays.asList(first, new int[] {2, 7}));
        assertEquals(3, first[1]);
    }

    private static void check(List<int[]> in, int... want) {
        List<int[]> got = MergeIntervals.merge(in);
        assertEquals(want.length, 2 * got.size());
        for (int i = 0; i < want.length; i++) {
            assertEquals(want[i], got.get(i / 2)[i % 2]);
        }
    }
}

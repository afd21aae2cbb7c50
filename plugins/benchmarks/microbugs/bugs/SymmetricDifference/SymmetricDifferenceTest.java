package micro;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

import org.junit.Test;

public class SymmetricDifferenceTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(set(), SymmetricDifference.of(set(), set()));
    }

    @Test(timeout = 1000)
    public void same() {
        assertEquals(set(), SymmetricDifference.of(set(1, 2), set(1, 2)));
    }

    @Test(timeout = 1000)
    public void apart() {
        assertEquals(set(1, 2), SymmetricDifference.of(set(1), set(2)));
    }

    @Test(timeout = 1000)
    public void common() {
        assertEquals(set(1, 3), SymmetricDifference.of(set(1, 2), set(2, 3)));
    }

    @Test(timeout = 1000)
    public void oneEmpty() {
        assertEquals(set(4, 5), SymmetricDifference.of(set(), set(4, 5)));
        assertEquals(set(4, 5), SymmetricDifference.of(set(4, 5), set()));
    }

    @Test(timeout = 1000)
    public void inputsAreLeftAlone() {
        Set<Integer> a = set(1, 2);
        Set<Integer> b = set(2, 3);
        SymmetricDifference.of(a, b);
        assertEquals(set(1, 2), a);
        assertEquals(set(2, 3), b);
    }

    private static Set<Integer> set(Integer... values) {
        return new HashSet<>(Arrays.asList(values));
    }
}

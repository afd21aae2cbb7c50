package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class RowMaximaTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(new ArrayList<>(), RowMaxima.of(new int[0][]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(Arrays.asList(4), RowMaxima.of(new int[][] {{4}}));
    }

    @Test(timeout = 1000)
    public void middle() {
        assertEquals(Arrays.asList(9), RowMaxima.of(new int[][] {{1, 9, 2}}));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals(Arrays.asList(8, 3), RowMaxima.of(new int[][] {{8, 1}, {3, 2, 1}}));
    }

    @Test(timeout = 1000)
    public void last() {
        assertEquals(Arrays.asList(5, 7), RowMaxima.of(new int[][] {{4, 5}, {1, 2, 7}}));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(Arrays.asList(-1), RowMaxima.of(new int[][] {{-5, -1, -3}}));
    }
}

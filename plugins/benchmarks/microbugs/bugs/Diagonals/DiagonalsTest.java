package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class DiagonalsTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, Diagonals.diagonals(new int[0][0]));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(10, Diagonals.diagonals(new int[][] {{5}}));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(10, Diagonals.diagonals(new int[][] {{1, 2}, {3, 4}}));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class CountMissingTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, CountMissing.count(new Object[0][]));
        assertEquals(0, CountMissing.count(new Object[][] {{1, "a"}, {2.0}}));
    }

    @Test(timeout = 1000)
    public void entries() {
        assertEquals(2, CountMissing.count(new Object[][] {{null, 1}, {2, null}}));
    }

    @Test(timeout = 1000)
    public void rows() {
        assertEquals(2, CountMissing.count(new Object[][] {null, {1}, null}));
    }

    @Test(timeout = 1000)
    public void both() {
        assertEquals(3, CountMissing.count(new Object[][] {null, {null, null, "x"}}));
    }

    @Test(timeout = 1000)
    public void emptyRow() {
        assertEquals(0, CountMissing.count(new Object[][] {{}, {""}}));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class DigitSumTest {
    @Test(timeout = 1000)
    public void zero() {
        assertEquals(0, DigitSum.digitSum(0));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(7, DigitSum.digitSum(7));
    }

    @Test(timeout = 1000)
    public void three() {
        assertEquals(6, DigitSum.digitSum(123));
    }

    @Test(timeout = 1000)
    public void zeros() {
        assertEquals(2, DigitSum.digitSum(1001));
    }
}

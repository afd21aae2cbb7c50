package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class InsertPositionTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, InsertPosition.find(new ArrayList<>(), 5));
    }

    @Test(timeout = 1000)
    public void front() {
        assertEquals(0, InsertPosition.find(Arrays.asList(2, 4), 1));
    }

    @Test(timeout = 1000)
    public void between() {
        assertEquals(1, InsertPosition.find(Arrays.asList("b", "d"), "c"));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals(1, InsertPosition.find(Arrays.asList(2, 4, 4), 4));
    }

    @Test(timeout = 1000)
    public void behind() {
        assertEquals(2, InsertPosition.find(Arrays.asList(2, 4), 9));
    }
}

package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class AllMatchTest {
    @Test(timeout = 1000)
    public void none() {
        assertTrue(AllMatch.all(new ArrayList<String>(), s -> false));
    }

    @Test(timeout = 1000)
    public void all() {
        assertTrue(AllMatch.all(Arrays.asList(2, 4), n -> n % 2 == 0));
    }

    @Test(timeout = 1000)
    public void some() {
        assertFalse(AllMatch.all(Arrays.asList(2, 3), n -> n % 2 == 0));
        assertFalse(AllMatch.all(Arrays.asList(3, 2), n -> n % 2 == 0));
    }

    @Test(timeout = 1000)
    public void nothing() {
        assertFalse(AllMatch.all(Arrays.asList("a"), String::isEmpty));
    }
}

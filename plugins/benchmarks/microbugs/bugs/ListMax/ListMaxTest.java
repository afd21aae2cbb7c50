package micro;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;

import org.junit.Test;

public class ListMaxTest {
    @Test(timeout = 1000)
    public void missing() {
        assertEquals(0, ListMax.max(null));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, ListMax.max(new ArrayList<>()));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(3, ListMax.max(Arrays.asList(3)));
    }

    @Test(timeout = 1000)
    public void negative() {
        assertEquals(-1, ListMax.max(Arrays.asList(-5, -1, -3)));
    }
}

package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.junit.Test;

public class RemoveShortTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, RemoveShort.remove(new ArrayList<>(), 3));
    }

    @Test(timeout = 1000)
    public void some() {
        List<String> w = new ArrayList<>(Arrays.asList("a", "tree", "is", "big"));
        assertEquals(2, RemoveShort.remove(w, 3));
        assertEquals(Arrays.asList("tree", "big"), w);
    }

    @Test(timeout = 1000)
    public void allGone() {
        List<String> w = new ArrayList<>(Arrays.asList("a", "b", "c"));
        assertEquals(3, RemoveShort.remove(w, 2));
        assertTrue(w.isEmpty());
    }

    @Test(timeout = 1000)
    public void kept() {
        List<String> w = new ArrayList<>(Arrays.asList("a", "b", "c"));
        assertEquals(0, RemoveShort.remove(w, 1));
        assertEquals(3, w.size());
    }

    @Test(timeout = 1000)
    public void mostGone() {
        List<String> w = new ArrayList<>(Arrays.asList("a", "b", "long"));
        assertEquals(2, RemoveShort.remove(w, 4));
    }
}

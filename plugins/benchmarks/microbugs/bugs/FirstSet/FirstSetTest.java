package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FirstSetTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("", FirstSet.firstSet(new String[0]));
    }

    @Test(timeout = 1000)
    public void first() {
        assertEquals("a", FirstSet.firstSet(new String[] {"a", "b"}));
    }

    @Test(timeout = 1000)
    public void later() {
        assertEquals("b", FirstSet.firstSet(new String[] {null, "b"}));
    }

    @Test(timeout = 1000)
    public void none() {
        assertEquals("", FirstSet.firstSet(new String[] {null, null}));
    }
}

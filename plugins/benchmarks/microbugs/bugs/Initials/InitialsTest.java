package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class InitialsTest {
    @Test(timeout = 1000)
    public void both() {
        assertEquals("AL", Initials.of("ada", "Lovelace"));
    }

    @Test(timeout = 1000)
    public void noFirst() {
        assertEquals("L", Initials.of(null, "Lovelace"));
    }

    @Test(timeout = 1000)
    public void noLast() {
        assertEquals("A", Initials.of("ada", null));
    }

    @Test(timeout = 1000)
    public void none() {
        assertEquals("", Initials.of(null, null));
    }

    @Test(timeout = 1000)
    public void empty() {
        assertEquals("B", Initials.of("", "b"));
        assertEquals("C", Initials.of("c", ""));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class HomeTownTest {
    @Test(timeout = 1000)
    public void known() {
        assertEquals("Bern", HomeTown.of(new HomeTown.Person(new HomeTown.Address("Bern"))));
    }

    @Test(timeout = 1000)
    public void noTown() {
        assertEquals("unknown", HomeTown.of(new HomeTown.Person(new HomeTown.Address(null))));
    }

    @Test(timeout = 1000)
    public void noAddress() {
        assertEquals("unknown", HomeTown.of(new HomeTown.Person(null)));
    }

    @Test(timeout = 1000)
    public void nobody() {
        assertEquals("unknown", HomeTown.of(null));
    }

    @Test(timeout = 1000)
    public void emptyTown() {
        assertEquals("", HomeTown.of(new HomeTown.Person(new HomeTown.Address(""))));
    }
}

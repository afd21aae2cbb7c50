package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TallyTest {
    @Test(timeout = 1000)
    public void nobody() {
        assertEquals("{}", Tally.count().toString());
    }

    @Test(timeout = 1000)
    public void votes() {
        assertEquals("{ann=2, bob=1}", Tally.count("ann", "bob", "ann").toString());
    }

    @Test(timeout = 1000)
    public void missing() {
        assertEquals("{none=1}", Tally.count((String) null).toString());
    }

    @Test(timeout = 1000)
    public void mixed() {
        assertEquals("{ann=1, none=2}", Tally.count(null, "ann", null).toString());
    }

    @Test(timeout = 1000)
    public void sameWord() {
        assertEquals("{none=2}", Tally.count("none", null).toString());
    }
}

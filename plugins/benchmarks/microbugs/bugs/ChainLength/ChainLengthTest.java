package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ChainLengthTest {
    @Test(timeout = 1000)
    public void none() {
        assertEquals(0, ChainLength.length(null));
    }

    @Test(timeout = 1000)
    public void one() {
        assertEquals(1, ChainLength.length(new ChainLength.Link(null)));
    }

    @Test(timeout = 1000)
    public void two() {
        assertEquals(2, ChainLength.length(new ChainLength.Link(new ChainLength.Link(null))));
    }

    @Test(timeout = 1000)
    public void many() {
        ChainLength.Link link = null;
        for (int i = 0; i < 50; i++) {
            link = new ChainLength.Link(link);
        }
        assertEquals(50, ChainLength.length(link));
    }
}

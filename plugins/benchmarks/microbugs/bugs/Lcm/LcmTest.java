package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class LcmTest {
    @Test(timeout = 1000)
    public void equal() {
        assertEquals(4, Lcm.lcm(4, 4));
    }

    @Test(timeout = 1000)
    public void common() {
        assertEquals(12, Lcm.lcm(4, 6));
    }

    @Test(timeout = 1000)
    public void coprime() {
        assertEquals(35, Lcm.lcm(5, 7));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FareTest {
    @Test(timeout = 1000)
    public void adult() {
        assertEquals(25, Fare.fare(30, 10));
    }

    @Test(timeout = 1000)
    public void child() {
        assertEquals(0, Fare.fare(5, 10));
    }

    @Test(timeout = 1000)
    public void six() {
        assertEquals(7, Fare.fare(6, 1));
    }
}

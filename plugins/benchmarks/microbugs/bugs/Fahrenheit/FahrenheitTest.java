package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class FahrenheitTest {
    @Test(timeout = 1000)
    public void freezing() {
        assertEquals(32, Fahrenheit.toFahrenheit(0));
    }

    @Test(timeout = 1000)
    public void boiling() {
        assertEquals(212, Fahrenheit.toFahrenheit(100));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals(-40, Fahrenheit.toFahrenheit(-40));
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class WalletTest {
    @Test(timeout = 1000)
    public void some() {
        Wallet w = new Wallet(100);
        assertEquals(30, w.take(30));
        assertEquals(70, w.left());
    }

    @Test(timeout = 1000)
    public void all() {
        Wallet w = new Wallet(100);
        assertEquals(100, w.take(100));
        assertEquals(0, w.left());
    }

    @Test(timeout = 1000)
    public void tooMuch() {
        Wallet w = new Wallet(40);
        assertEquals(40, w.take(90));
        assertEquals(0, w.left());
        assertEquals(0, w.take(1));
    }

    @Test(timeout = 1000)
    public void nothing() {
        Wallet w = new Wallet(40);
        assertEquals(0, w.take(0));
        assertEquals(40, w.left());
    }

    @Test(timeout = 1000)
    public void negative() {
        Wallet w = new Wallet(40);
        assertEquals(0, w.take(-5));
        assertEquals(40, w.left());
    }
}

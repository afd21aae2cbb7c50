package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PackColorTest {
    @Test(timeout = 1000)
    public void black() {
        assertEquals(0L, PackColor.pack(0, 0, 0, 0));
    }

    @Test(timeout = 1000)
    public void blue() {
        assertEquals(0xffL, PackColor.pack(0, 0, 0, 255));
    }

    @Test(timeout = 1000)
    public void green() {
        assertEquals(0xff00L, PackColor.pack(0, 0, 255, 0));
    }

    @Test(timeout = 1000)
    public void red() {
        assertEquals(0x800000L, PackColor.pack(0, 128, 0, 0));
    }

    @Test(timeout = 1000)
    public void alpha() {
        assertEquals(0xff000000L, PackColor.pack(255, 0, 0, 0));
    }

    @Test(timeout = 1000)
    public void all() {
        assertEquals(0x01020304L, PackColor.pack(1, 2, 3, 4));
    }
}

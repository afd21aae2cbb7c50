package micro;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertNotSame;

import org.junit.Test;

public class ConcatTest {
    @Test(timeout = 1000)
    public void empty() {
        assertArrayEquals(new String[] {}, Concat.concat(new String[0], new String[0]));
    }

    @Test(timeout = 1000)
    public void firstOnly() {
        assertArrayEquals(new String[] {"a"}, Concat.concat(new String[] {"a"}, new String[0]));
    }

    @Test(timeout = 1000)
    public void secondOnly() {
        assertArrayEquals(new String[] {"b"}, Concat.concat(new String[0], new String[] {"b"}));
    }

    @Test(timeout = 1000)
    public void both() {
        assertArrayEquals(new String[] {"a", "b", "c"}, Concat.concat(new String[] {"a"}, new String[] {"b", "c"}));
    }

    @Test(timeout = 1000)
    public void fresh() {
        String[] in = {"a"};
        assertNotSame(in, Concat.concat(in, new String[0]));
    }
}

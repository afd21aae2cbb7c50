package micro;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;

import org.junit.Test;

public class MemoTest {
    @Test(timeout = 1000)
    public void computes() {
        assertEquals("ab", new Memo<String>(s -> s + "b").get("a"));
    }

    @Test(timeout = 1000)
    public void twoKeys() {
        Memo<Integer> memo = new Memo<>(n -> n * n);
        assertEquals(9, (int) memo.get(3));
        assertEquals(16, (int) memo.get(-4));
        assertEquals(9, (int) memo.get(3));
    }

    @Test(timeout = 1000)
    public void once() {
        int[] calls = {0};
        Memo<Integer> memo = new Memo<>(n -> n + calls[0]++);
        assertEquals(5, (int) memo.get(5));
        assertEquals(5, (int) memo.get(5));
        assertEquals(1, calls[0]);
    }

    @Test(timeout = 1000)
    public void nullIsKnown() {
        int[] calls = {0};
        Memo<String> memo = new Memo<>(s -> calls[0]++ == 0 ? null : s);
        assertNull(memo.get("x"));
        assertNull(memo.get("x"));
        assertEquals(1, calls[0]);
    }
}

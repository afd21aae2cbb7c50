package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TreeSumTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, TreeSum.sum(null));
    }

    @Test(timeout = 1000)
    public void leaf() {
        assertEquals(7, TreeSum.sum(node(7, null, null)));
    }

    @Test(timeout = 1000)
    public void left() {
        assertEquals(3, TreeSum.sum(node(1, node(2, null, null), null)));
    }

    @Test(timeout = 1000)
    public void right() {
        assertEquals(-4, TreeSum.sum(node(1, null, node(-5, null, null))));
    }

    @Test(timeout = 1000)
    public void full() {
        assertEquals(15, TreeSum.sum(node(1, node(2, node(4, null, null), null), node(3, null, node(5, null, null)))));
    }

    private static TreeSum.Node node(int value, TreeSum.Node left, TreeSum.Node right) {
        return new TreeSum.Node(value, left, right);
    }
}

package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TreeHeightTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals(0, TreeHeight.height(null));
    }

    @Test(timeout = 1000)
    public void leaf() {
        assertEquals(1, TreeHeight.height(node(null, null)));
    }

    @Test(timeout = 1000)
    public void left() {
        assertEquals(3, TreeHeight.height(node(node(node(null, null), null), null)));
    }

    @Test(timeout = 1000)
    public void right() {
        assertEquals(2, TreeHeight.height(node(null, node(null, null))));
    }

    @Test(timeout = 1000)
    public void full() {
        assertEquals(2, TreeHeight.height(node(node(null, null), node(null, null))));
    }

    @Test(timeout = 1000)
    public void uneven() {
        assertEquals(3, TreeHeight.height(node(node(null, null), node(node(null, null), null))));
    }

    private static TreeHeight.Node node(TreeHeight.Node left, TreeHeight.Node right) {
        return new TreeHeight.Node(left, right);
    }
}

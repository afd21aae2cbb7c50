package micro;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class TreeInsertTest {
    @Test(timeout = 1000)
    public void empty() {
        assertEquals("(3)", show(3));
    }

    @Test(timeout = 1000)
    public void left() {
        assertEquals("((2)3)", show(3, 2));
    }

    @Test(timeout = 1000)
    public void right() {
        assertEquals("(3(4))", show(3, 4));
    }

    @Test(timeout = 1000)
    public void deep() {
        assertEquals("((1(2))3(4))", show(3, 1, 4, 2));
    }

    @Test(timeout = 1000)
    public void equal() {
        assertEquals("((1)3)", show(3, 3, 1, 1, 3));
    }

    private static String show(int... values) {
        TreeInsert.Node root = null;
        for (int value : values) {
            root = TreeInsert.insert(root, value);
        }
        return show(root);
    }

    private static String show(TreeInsert.Node node) {
        return node == null ? "" : "(" + show(node.left) + node.value + show(node.right) + ")";
    }
}

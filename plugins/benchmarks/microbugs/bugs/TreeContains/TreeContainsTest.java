package micro;

import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import org.junit.Test;

public class TreeContainsTest {
    @Test(timeout = 1000)
    public void empty() {
        assertFalse(TreeContains.contains(null, 1));
    }

    @Test(timeout = 1000)
    public void root() {
        assertTrue(TreeContains.contains(tree(), 5));
    }

    @Test(timeout = 1000)
    public void children() {
        assertTrue(TreeContains.contains(tree(), 3));
        assertTrue(TreeContains.contains(tree(), 8));
        assertTrue(TreeContains.contains(tree(), 9));
    }

    @Test(timeout = 1000)
    public void absent() {
        assertFalse(TreeContains.contains(tree(), 4));
        assertFalse(TreeContains.contains(tree(), 7));
        assertFalse(TreeContains.contains(tree(), 10));
    }

    @Test(timeout = 1000)
    public void small() {
        assertFalse(TreeContains.contains(tree(), -1));
    }

    private static TreeContains.Node tree() {
        TreeContains.Node root = new TreeContains.Node(5);
        root.left = new TreeContains.Node(3);
        root.right = new TreeContains.Node(8);
        root.right.right = new TreeContains.Node(9);
        return root;
    }
}

package micro;

public class TreeContains {
    public static class Node {
        final int value;
        Node left;
        Node right;

        Node(int value) {
            this.value = value;
        }
    }

    /** Whether a search tree has a value. */
    public static boolean contains(Node node, int value) {
        if (node.value == value) {
            return true;
        }
        return contains(value < node.value ? node.left : node.right, value);
    }
}

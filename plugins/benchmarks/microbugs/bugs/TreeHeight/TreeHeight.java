package micro;

public class TreeHeight {
    public static class Node {
        Node left;
        Node right;

        Node(Node left, Node right) {
            this.left = left;
            this.right = right;
        }
    }

    /** The number of nodes on the longest way down. */
    public static int height(Node node) {
        if (node == null) {
            return 0;
        }
        return 1 + Math.min(height(node.left), height(node.right));
    }
}

package micro;

public class TreeInsert {
    public static class Node {
        final int value;
        Node left;
        Node right;

        Node(int value) {
            this.value = value;
        }
    }

    /** Puts a value into a search tree and returns the tree's root; equal values are kept once. */
    public static Node insert(Node root, int value) {
        if (root == null) {
            return new Node(value);
        }
        if (value < root.value) {
            root.left = insert(root.left, value);
        } else if (value > root.value) {
            root.right = insert(root.right, value);
        }
        return value < root.value ? root.left : root.right;
    }
}

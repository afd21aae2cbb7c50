package micro;

import java.util.ArrayDeque;
import java.util.Deque;

public class TreeSum {
    public static class Node {
        final int value;
        final Node left;
        final Node right;

        Node(int value, Node left, Node right) {
            this.value = value;
            this.left = left;
            this.right = right;
        }
    }

    public static int sum(Node root) {
        int sum = 0;
        Deque<Node> open = new ArrayDeque<>();
        open.push(root);
        while (!open.isEmpty()) {
            Node node = open.pop();
            sum += node.value;
            open.push(node.left);
            open.push(node.right);
        }
        return sum;
    }
}

package micro;

public class FromTheEnd {
    public static class Node {
        final int value;
        final Node next;

        Node(int value, Node next) {
            this.value = value;
            this.next = next;
        }
    }

    /** The k-th value from the end of a chain, the last being the first, or -1. */
    public static int find(Node head, int k) {
        Node ahead = head;
        for (int i = 1; i < k; i++) {
            if (ahead == null) {
                return -1;
            }
            ahead = ahead.next;
        }
        Node node = head;
        while (ahead != null) {
            ahead = ahead.next;
            node = node.next;
        }
        return node == null ? -1 : node.value;
    }
}

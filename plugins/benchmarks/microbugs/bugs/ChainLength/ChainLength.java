package micro;

public class ChainLength {
    public static class Link {
        Link next;

        Link(Link next) {
            this.next = next;
        }
    }

    public static int length(Link link) {
        int length = 1;
        while (link.next != null) {
            length++;
            link = link.next;
        }
        return length;
    }
}

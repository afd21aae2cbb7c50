package micro;

import java.util.ArrayDeque;
import java.util.Deque;

public class TicketQueue {
    private final Deque<String> waiting = new ArrayDeque<>();
    private final int capacity;

    public TicketQueue(int capacity) {
        this.capacity = capacity;
    }

    /** Lets a guest in at the end unless the queue is full or the guest stands in it. */
    public boolean join(String guest) {
        if (waiting.size() > capacity || waiting.contains(guest)) {
            return false;
        }
        waiting.addLast(guest);
        return true;
    }

    public String next() {
        return waiting.pollFirst();
    }
}

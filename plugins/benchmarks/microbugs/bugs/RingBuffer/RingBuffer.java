package micro;

public class RingBuffer {
    private final String[] slots;
    private int next;

    public RingBuffer(int capacity) {
        slots = new String[capacity];
    }

    /** Stores a value and returns the one that it replaces, or null. */
    public String put(String value) {
        String old = slots[next];
        slots[next] = value;
        next = next == slots.length ? 0 : next + 1;
        return old;
    }
}

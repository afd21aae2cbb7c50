package micro;

import java.util.Arrays;

public class IntStack {
    private int[] values = new int[2];
    private int size;

    public void push(int value) {
        values[size++] = value;
    }

    /** The value pushed last, or fallback where there is none. */
    public int pop(int fallback) {
        return size == 0 ? fallback : values[--size];
    }
}

package micro;

import java.util.Comparator;

public class ByPriority implements Comparator<ByPriority.Task> {
    public static class Task {
        final String name;
        final int priority;

        Task(String name, int priority) {
            this.name = name;
            this.priority = priority;
        }
    }

    /** Tasks of high priority first, equal ones by name. */
    @Override
    public int compare(Task a, Task b) {
        if (a.priority != b.priority) {
            return Integer.compare(a.priority, b.priority);
        }
        return a.name.compareTo(b.name);
    }
}

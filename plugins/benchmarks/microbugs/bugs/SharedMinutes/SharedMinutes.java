package micro;

public class SharedMinutes {
    /** How long two meetings run at the same time. */
    public static int shared(int startA, int endA, int startB, int endB) {
        int start = Math.max(startA, startB);
        int end = Math.min(endA, startB);
        return Math.max(0, end - start);
    }
}

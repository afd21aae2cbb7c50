package java.util;

/**
 * Counts the turns of loops in the platform's own classes, such as those of collections, streams and regular expressions.
 * This class and the calls of {@link #tick} are in the run-time image that programs of a few files run in: see
 * harness.judge.Patch and harness.judge.Steps.
 */
public final class Ticks {
    /** Turns that are left. */
    public static long left = Long.MAX_VALUE;
    /** Run when none are left, and may throw or end the JVM. */
    public static Runnable end;

    private static int spent;

    private Ticks() {}

    public static void tick() {
        if (--left < 0) {
            spend();
        }
    }

    /** Runs end at first, and then only rarely: JUnit uses the platform, too, to report that the candidate was ended. */
    private static void spend() {
        Runnable end = Ticks.end;
        if (end != null && (spent++ & 0xffff) == 0) {
            end.run();
        }
    }
}

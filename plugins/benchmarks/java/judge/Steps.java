package harness.judge;

/**
 * Counts what a candidate executes: instrumented classes call {@link #tick} at the start of each method and at each jump
 * backwards, and {@link #caught} where they catch an exception. A count, unlike a clock, is the same on every machine and under every load.
 */
public final class Steps {
    /** What ends a test that has used up its steps. Each further step throws it again, so that catching it gains nothing. */
    static final class Exceeded extends ThreadDeath {
        private static final long serialVersionUID = 1L;
    }

    private static final Exceeded EXCEEDED = new Exceeded();

    private static final long CAUGHT = 10_000;

    private static long budget = Long.MAX_VALUE;
    private static long left = Long.MAX_VALUE;
    private static boolean spent;
    private static Runnable end;

    private Steps() {}

    /** One step. Called by instrumented classes. */
    public static void tick() {
        if (--left < 0) {
            exceed();
        }
    }

    /** What an exception takes, above all its stack trace, in steps. Called by instrumented classes. */
    public static void caught() {
        left -= CAUGHT;
        tick();
    }

    private static void exceed() {
        spent = true;
        if (end != null) {
            end.run();
        }
        throw EXCEEDED;
    }

    /** Starts a candidate. Where end is not null it is run, and may end the JVM, as soon as a budget is spent. */
    static void start(Runnable end) {
        Steps.end = end;
        spent = false;
        allow(Long.MAX_VALUE);
    }

    /** Allows so many steps from here on; what is spent stays spent. */
    static void allow(long steps) {
        if (!spent) {
            budget = steps;
            left = steps;
        }
    }

    static long used() {
        return budget - left;
    }

    static boolean spent() {
        return spent;
    }
}

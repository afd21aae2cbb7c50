package harness.judge;

import java.lang.reflect.Array;
import java.math.BigInteger;

/**
 * Counts what a candidate executes: instrumented classes call {@link #tick} at the start of each method and at each jump
 * backwards, {@link #caught} where they catch an exception, and the others where the platform makes what may be large: a
 * loop that appends to a text spends its time in copying. A count, unlike a clock, is the same on every machine and under every load.
 */
public final class Steps {
    /** What ends a test that has used up its steps. Each further step throws it again, so that catching it gains nothing. */
    static final class Exceeded extends ThreadDeath {
        private static final long serialVersionUID = 1L;
    }

    private static final Exceeded EXCEEDED = new Exceeded();

    private static final long CAUGHT = 10_000;
    /** How many elements, a power of two, the platform copies in the time of a step. */
    private static final int ELEMENTS = 5;

    private static long budget = Long.MAX_VALUE;
    private static long left = Long.MAX_VALUE;
    private static boolean spent;
    private static boolean exhausted;
    private static Runnable end;

    private Steps() {}

    /** One step. Called by instrumented classes. */
    public static void tick() {
        if (--left < 0) {
            exceed();
        }
    }

    /** What an exception takes, above all its stack trace, in steps. Called by instrumented classes. */
    public static void caught(Throwable thrown) {
        exhausted |= exhausts(thrown);
        left -= CAUGHT;
        tick();
    }

    /** What a text made by the platform takes. Called by instrumented classes, as are those below. */
    public static void made(String text) {
        if (text != null) {
            charge(text.length());
        }
    }

    public static void made(BigInteger number) {
        if (number != null) {
            charge(number.bitLength());
        }
    }

    /** An array that the platform has made. */
    public static void made(Object array) {
        if (array != null) {
            charge(Array.getLength(array));
        }
    }

    /** An array of arrays, all of one length. */
    public static void madeNested(Object array) {
        long elements = 1;
        for (Object each = array; each != null && each.getClass().isArray(); ) {
            int length = Array.getLength(each);
            elements *= Math.max(length, 1); // no overflow: the array is in memory
            each = length > 0 && each instanceof Object[] ? ((Object[]) each)[0] : null;
        }
        charge(elements);
    }

    /** An array that is about to be made or copied, so many elements of it. */
    public static void making(int length) {
        charge(length);
    }

    private static void charge(long elements) {
        // A negative length, of which the platform makes an exception, must not give steps back.
        left -= Math.max(0, elements) >> ELEMENTS;
        if (left < 0) {
            exceed();
        }
    }

    private static void exceed() {
        spent = true;
        if (end != null) {
            end.run();
        }
        throw EXCEEDED;
    }

    /**
     * Starts a candidate with the steps that it may take before its first test. Where end is not null it is run, and may
     * end the JVM, as soon as a budget is spent.
     */
    static void start(Runnable end, long steps) {
        Steps.end = end;
        spent = false;
        exhausted = false;
        allow(steps);
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

    /** Whether something was caught that {@link #exhausts} the JVM. */
    static boolean exhausted() {
        return exhausted;
    }

    /**
     * Whether an exception says that memory or a stack was used up, or a class cannot be used. What gets it depends on
     * what the JVM did before; a class of the platform that was then to be initialised stays unusable in this JVM.
     */
    static boolean exhausts(Throwable thrown) {
        return thrown instanceof VirtualMachineError || thrown instanceof LinkageError;
    }
}

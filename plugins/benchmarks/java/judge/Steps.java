package harness.judge;

import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.Ticks;

/**
 * Counts the steps of a candidate. Instrumented classes call {@link #enter} at the start of each method, {@link #tick} at
 * each jump backwards, {@link #caught} where they catch an exception, and the other methods where the platform creates or
 * copies objects that may be large: a loop that appends to a text spends its time copying. The run-time images count the turns
 * of the platform's own loops (java.util.Ticks); {@link #TURNS} of them are a step. Unlike a time, the count is the same on
 * every machine and under every load.
 */
public final class Steps {
    /** Ends a test that used up its steps. Each further step throws it again, so that catching it is useless. */
    static final class Exceeded extends ThreadDeath {
        private static final long serialVersionUID = 1L;
    }

    private static final Exceeded EXCEEDED = new Exceeded();

    private static final long CAUGHT = 10_000;
    /** The platform copies 2 to the power of this many elements in the time of a step. */
    private static final int ELEMENTS = 5;
    /** So many copies of a text are made, and collected, on the way to it: it is appended to, grows, and is copied at last. */
    private static final long COPIES = 4;
    /** The platform's loops take this many turns in the time of a step. */
    private static final long TURNS = 2;
    /**
     * Steps that an old machine takes in a millisecond: 100 million a second. This constant, and no clock, decides what a
     * time limit of a test admits, so that it is the same on every machine.
     */
    private static final long STEPS_PER_MILLI = 100_000;

    /**
     * The most calls in each other in a JVM that runs other programs afterwards: more than fit the stack of a fresh one, and
     * fewer than fit its own ({@link Jvms#WARM_STACK_MIB}). Nothing of the platform fails for want of stack there.
     */
    private static final int DEEPEST = 100_000;

    private static boolean slow;
    private static long budget = Long.MAX_VALUE;
    private static long left = Long.MAX_VALUE;
    private static boolean spent;
    private static boolean exhausted;
    private static Runnable end;
    private static int depth;
    private static int deepest = Integer.MAX_VALUE;
    /** What ended a program because of its depth, as the stack's end does. */
    private static StackOverflowError tooDeep;

    private Steps() {}

    /** One step. Called by instrumented classes. */
    public static void tick() {
        if (--left < 0) {
            exceed();
        }
    }

    /** One step, which is the start of a method. Called by instrumented classes. */
    public static void enter() {
        if (++depth > deepest) {
            deepen();
        }
        if (--left < 0) {
            exceed();
        }
    }

    /** The end of a method by a return. Called by instrumented classes. */
    public static void leave() {
        depth--;
    }

    /** Ends a program that is too deep. Methods that an exception ended are still counted, so that the stack is asked. */
    private static void deepen() {
        int[] frames = {0};
        StackWalker.getInstance().forEach(frame -> frames[0]++);
        depth = frames[0];
        if (depth > deepest) {
            tooDeep = new StackOverflowError();
            throw tooDeep;
        }
    }

    /** Counts the steps of an exception, whose stack trace is expensive. Called by instrumented classes. */
    public static void caught(Throwable thrown) {
        exhausted |= exhausts(thrown);
        left -= CAUGHT;
        tick();
    }

    /** Counts the steps of a text that the platform created. Called by instrumented classes, like the methods below. */
    public static void made(String text) {
        if (text != null) {
            charge(COPIES * text.length());
        }
    }

    public static void made(BigInteger number) {
        if (number != null) {
            charge(number.bitLength());
        }
    }

    /** Counts the steps of an array that the platform created. */
    public static void made(Object array) {
        if (array != null) {
            charge(Array.getLength(array));
        }
    }

    /** Counts the steps of an array of arrays of equal length. */
    public static void madeNested(Object array) {
        long elements = 1;
        for (Object each = array; each != null && each.getClass().isArray(); ) {
            int length = Array.getLength(each);
            elements *= Math.max(length, 1); // no overflow: the array is in memory
            each = length > 0 && each instanceof Object[] ? ((Object[]) each)[0] : null;
        }
        charge(elements);
    }

    /** Counts the steps of an array of this length that is about to be created or copied. */
    public static void making(int length) {
        charge(length);
    }

    private static void charge(long elements) {
        // A negative length, for which the platform throws an exception, must not add steps.
        left -= Math.max(0, elements) >> ELEMENTS;
        if (left < 0) {
            exceed();
        }
    }

    private static void exceedInPlatform() {
        exhausted = true; // the platform may not expect an exception there, so that this JVM must not be used again
        exceed();
    }

    private static void exceed() {
        spent = true;
        if (end != null) {
            end.run();
        }
        throw EXCEEDED;
    }

    /**
     * Starts a candidate with the budget for its code before the first test. If end is not null, it is run as soon as a
     * budget is spent, and may end the JVM. If it is null, other programs follow.
     */
    static void start(Runnable end, long steps) {
        Steps.end = end;
        deepest = end == null ? DEEPEST : Integer.MAX_VALUE;
        tooDeep = null;
        spent = false;
        exhausted = false;
        slow = false;
        Ticks.end = Steps::exceedInPlatform;
        allow(steps);
    }

    /** Watches the hash tables of a program with this class loader. */
    static void watch(ClassLoader loader) {
        Ticks.loader = loader;
        Ticks.identity = false;
    }

    /** Whether a hash table depended on the identity of an object, and its order on what the JVM did before. */
    static boolean sawIdentity() {
        return Ticks.identity;
    }

    /** Ends the counting: from now on the judge's own code runs. */
    static void stop() {
        Ticks.left = Long.MAX_VALUE;
    }

    /** Sets the budget for the next steps, unless an earlier budget was spent. */
    static void allow(long steps) {
        if (!spent) {
            budget = steps;
            left = steps;
            depth = 0;
            Ticks.left = turns(steps);
        }
    }

    /**
     * Raises the budget to what an old machine can do within a time limit of the running test: a program that is right and
     * slow, but not too slow for its test, passes.
     */
    static void admit(long limitMillis) {
        long more = Math.min(limitMillis, Long.MAX_VALUE / STEPS_PER_MILLI) * STEPS_PER_MILLI - budget;
        if (!spent && more > 0) {
            long turnsLeft = Ticks.left + turns(budget + more) - turns(budget);
            budget += more;
            left += more;
            Ticks.left = turnsLeft;
        }
    }

    /** Notes the end of a test with a time limit. */
    static void finish(long limitMillis) {
        slow |= used() / STEPS_PER_MILLI >= limitMillis;
    }

    /** Whether a test took more steps than an old machine can take within the test's own time limit. */
    static boolean slow() {
        return slow;
    }

    private static long turns(long steps) {
        return steps < Long.MAX_VALUE / TURNS ? steps * TURNS : Long.MAX_VALUE;
    }

    /** The steps since the budget was allowed. */
    static long used() {
        return Math.max(budget - left, (turns(budget) - Ticks.left) / TURNS);
    }

    static boolean spent() {
        return spent;
    }

    /** Whether an exception was caught that {@link #exhausts} the JVM. */
    static boolean exhausted() {
        return exhausted;
    }

    /** Whether the program was ended because of its depth, before the stack was used up. */
    static boolean isTooDeep(Throwable thrown) {
        return thrown == tooDeep;
    }

    /**
     * Whether an exception reports that memory or the stack was used up, or that a class cannot be used. Such an exception
     * depends on earlier candidates; and a class of the platform whose initialisation it ended stays unusable in this JVM.
     */
    static boolean exhausts(Throwable thrown) {
        return thrown instanceof VirtualMachineError || thrown instanceof LinkageError;
    }
}

package harness.judge;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.Test;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.TestTimedOutException;

/** Counts a job's tests and remembers the first failure that matters. */
final class Tally extends RunListener {
    private static final int MAX_TEXT = 800;
    /** What JUnit calls the tests that it puts in the place of a class that cannot be run: the class has failed. */
    private static final Set<String> CLASS_FAILURES = Set.of("initializationError", "warning");
    private static final int CAUSES = 4;
    /**
     * Steps that an old machine takes in a millisecond: 100 million a second. Our choice, a number rather than a clock, so
     * that a test is slow on every machine or on none.
     */
    private static final long STEPS_PER_MILLI = 100_000;

    /** Tests that ran, failed ones among them. */
    int run;
    /** Names of failures, forgiven ones aside; those among them that were not known before. */
    int failed;

    int fresh;
    /** The most steps that one test took. */
    long steps;
    /** Whether a test took more steps than an old machine can take within the test's own time limit. */
    boolean slow;
    /** Whether a test ran into its own time limit: its thread may run on. */
    boolean late;
    /** Whether what was thrown depends on what the JVM did before, or weighs on what it will do: see Steps. */
    boolean exhausted;
    /** Name of a test that is not there, or "". */
    String missing = "";
    /** The first failure; the first new one, where there is one. */
    String test = "";
    String exception = "";
    String message = "";

    private final Set<String> forgiven = new HashSet<>();
    private final Set<String> known = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    /** The test class that runs. */
    private String running = "";

    private boolean all;
    private long budget;
    private RunNotifier notifier;

    private Tally() {}

    Tally(Job job) {
        forgiven.addAll(job.forgiven);
        known.addAll(job.known);
        all = job.all;
        budget = job.steps;
    }

    RunNotifier notifier() {
        notifier = new RunNotifier();
        notifier.addListener(this);
        return notifier;
    }

    // Tests report from the main thread, but a candidate may start threads of its own.
    @Override
    public synchronized void testStarted(Description description) {
        measure();
    }

    /**
     * Charges the steps since the last time, and allows as many again: for a test, or for what a class does between
     * tests, before its first and behind its last.
     */
    private void measure() {
        steps = Math.max(steps, Steps.used());
        Steps.allow(budget);
    }

    @Override
    public synchronized void testFinished(Description description) {
        Test test = description.getAnnotation(Test.class);
        slow |= test != null && test.timeout() > 0 && Steps.used() / STEPS_PER_MILLI >= test.timeout();
        measure();
        run++;
    }

    /**
     * A test is left out: what a candidate throws may ask for it, so it counts as one that did not run. Where the rest of
     * a class is left out, behind its tests even, that is one test less, too: it shows beside the reference's number.
     */
    @Override
    public synchronized void testAssumptionFailure(Failure failure) {
        run--;
    }

    @Override
    public synchronized void testFailure(Failure failure) {
        Description test = failure.getDescription();
        String method = Tests.method(test);
        String name = test.getClassName() + "::" + method;
        if (method == null || CLASS_FAILURES.contains(method) || isUnmade(failure.getException())) {
            name = running;
        }
        if (failure(name, test.getDisplayName(), failure.getException())) {
            notifier.pleaseStop();
        }
    }

    /** Is told the name of the test class that runs from here on. */
    synchronized void running(String type) {
        running = type;
    }

    /** Whether a test object could not be made. */
    private static boolean isUnmade(Throwable thrown) {
        try {
            for (StackTraceElement element : thrown.getStackTrace()) {
                if (element.getMethodName().equals("createTest")) {
                    return true;
                }
            }
            return false;
        } catch (Throwable e) {
            return false; // the exception's class may be the candidate's
        }
    }

    /** Whether tests, or the class that the name begins with, are among those. */
    private static boolean holds(Set<String> tests, String name) {
        return tests.contains(name) || tests.contains(name.split("::")[0]);
    }

    /** Takes a failure down. Returns whether the run is decided. */
    synchronized boolean failure(String name, String shown, Throwable thrown) {
        late |= thrown instanceof TestTimedOutException;
        exhausted |= exhausts(thrown);
        if (holds(forgiven, name)) {
            return false;
        }
        boolean isNew = !holds(known, name);
        if (!names.add(name)) {
            return isNew || !all; // a parameterised test's next time
        }
        failed++;
        if (failed == 1 || isNew && fresh == 0) {
            describe(shown, thrown);
        }
        if (isNew) {
            fresh++;
        }
        // Behind a new failure nothing can be made good; behind a known one only where fewer failures are enough.
        return isNew || !all;
    }

    /** Whether the exception, or one that JUnit has wrapped in it, exhausts the JVM. */
    private static boolean exhausts(Throwable thrown) {
        try {
            Throwable cause = thrown;
            for (int i = 0; cause != null && i < CAUSES; i++, cause = cause.getCause()) {
                if (Steps.exhausts(cause)) {
                    return true;
                }
            }
            return false;
        } catch (Throwable e) {
            return true; // the exception's class may be the candidate's
        }
    }

    private void describe(String shown, Throwable thrown) {
        test = cut(shown);
        exception = cut(thrown.getClass().getName());
        try {
            message = cut(String.valueOf(thrown.getMessage()));
        } catch (Throwable e) {
            message = "(its message could not be read)"; // the exception's class may be the candidate's
        }
    }

    synchronized boolean passed() {
        return missing.isEmpty() && failed == 0 && run > 0;
    }

    synchronized byte[] encode() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(run);
        out.writeInt(failed);
        out.writeInt(fresh);
        out.writeLong(Math.max(steps, Steps.used()));
        out.writeBoolean(slow);
        out.writeBoolean(late);
        out.writeBoolean(exhausted || Steps.exhausted());
        for (String text : new String[] {missing, test, exception, message}) {
            out.writeUTF(cut(text));
        }
        return bytes.toByteArray();
    }

    static Tally decode(DataInputStream in) throws IOException {
        Tally tally = new Tally();
        tally.run = in.readInt();
        tally.failed = in.readInt();
        tally.fresh = in.readInt();
        tally.steps = in.readLong();
        tally.slow = in.readBoolean();
        tally.late = in.readBoolean();
        tally.exhausted = in.readBoolean();
        tally.missing = in.readUTF();
        tally.test = in.readUTF();
        tally.exception = in.readUTF();
        tally.message = in.readUTF();
        return tally;
    }

    /** Plain ASCII and short: a whole message must fit one write to a pipe. */
    private static String cut(String text) {
        StringBuilder ascii = new StringBuilder();
        for (int i = 0; i < text.length() && i < MAX_TEXT; i++) {
            char c = text.charAt(i);
            ascii.append(c >= ' ' && c <= '~' || c == '\n' || c == '\t' ? c : '?');
        }
        return text.length() <= MAX_TEXT ? ascii.toString() : ascii + "...";
    }
}

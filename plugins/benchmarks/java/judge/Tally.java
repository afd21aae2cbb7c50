package harness.judge;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;
import org.junit.runner.notification.RunNotifier;
import org.junit.runners.model.TestTimedOutException;

/** Counts the tests and failures of a job and keeps the first failure that counts. */
final class Tally extends RunListener {
    private static final int MAX_TEXT = 700;
    private static final int MAX_LEARNED = 4 << 20;
    /** The names that JUnit gives to the failure of a whole class that cannot be run. */
    private static final Set<String> CLASS_FAILURES = Set.of("initializationError", "warning");
    private static final int CAUSES = 4;
    /** Tests that ran, including failed ones. */
    int run;
    /** Failed tests, without forgiven ones. */
    int failed;
    /** Failed tests, without forgiven and known ones. */
    int newFailures;
    /** The most steps that one test took. */
    long steps;
    /** See {@link Steps#slow}. */
    boolean slow;
    /** Whether a test reached its own time limit: its thread may still run. */
    boolean late;
    /** Whether a thrown exception may depend on, or affect, other candidates of this JVM: see Steps. */
    boolean exhausted;
    /** Name of a test that does not exist, or "". */
    String missing = "";
    /** The first new failure, or the first failure if none is new. */
    String test = "";
    String exception = "";
    String message = "";
    /** The first call of the candidate that was denied, or "". */
    String denied = "";
    /** Whether the candidate read its own stack trace. */
    boolean looked;
    /** See {@link Steps#sawIdentity}. */
    boolean identity;
    /** What the candidate did beyond computing, if the job is to learn it: see {@link Fence}. */
    List<String> learned = List.of();

    private final Set<String> forgiven = new HashSet<>();
    private final Set<String> known = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    /** The test class that is running. */
    private String running = "";

    private boolean all;
    private long budget;
    private RunNotifier notifier;
    private OutputStream announcements;

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

    // Tests report from the main thread, but a candidate may start other threads.
    @Override
    public synchronized void testStarted(Description description) {
        measure();
        if (announcements != null) {
            announce(description.getDisplayName());
        }
    }

    /** Writes the name of each test that starts from now on, a line each: see {@link Tail#lastTest}. */
    void announce(OutputStream out) {
        announcements = out;
    }

    private void announce(String test) {
        try {
            announcements.write((Tail.STARTS + cut(test).replace('\n', ' ') + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            announcements = null; // the judge has ended
        }
    }

    /**
     * Records the steps since the last call, and allows the budget again: for a test, or for the code of a class before,
     * between and after its tests.
     */
    private void measure() {
        steps = Math.max(steps, Steps.used());
        Steps.allow(budget);
    }

    @Override
    public synchronized void testFinished(Description description) {
        measure();
        run++;
    }

    /**
     * A test is skipped. A candidate can cause this by what it throws, so the test counts as one that did not run. If the
     * rest of a class is skipped, even after its tests, that is also one test less than with the reference fix.
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
        if (method == null || CLASS_FAILURES.contains(method) || isCreationFailure(failure.getException())) {
            name = running;
        }
        if (failure(name, test.getDisplayName(), failure.getException())) {
            notifier.pleaseStop();
        }
    }

    /** Sets the name of the test class that runs from now on. */
    synchronized void running(String type) {
        running = type;
    }

    /** Whether the failure occurred while the test object was created. */
    private static boolean isCreationFailure(Throwable thrown) {
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

    /** Whether the set contains a test or its whole class. */
    private static boolean contains(Set<String> tests, String name) {
        return tests.contains(name) || tests.contains(name.split("::")[0]);
    }

    /** Records a failure. Returns whether the verdict is decided. */
    synchronized boolean failure(String name, String shown, Throwable thrown) {
        late |= thrown instanceof TestTimedOutException;
        exhausted |= exhausts(thrown);
        if (contains(forgiven, name)) {
            return false;
        }
        boolean isNew = !contains(known, name);
        if (!names.add(name)) {
            return isNew || !all; // another run of a parameterised test
        }
        failed++;
        if (failed == 1 || isNew && newFailures == 0) {
            describe(shown, thrown);
        }
        if (isNew) {
            newFailures++;
        }
        // After a new failure the candidate cannot pass; after a known one, only if fewer failures are enough.
        return isNew || !all;
    }

    /** Whether the exception, or one that JUnit wrapped in it, exhausts the JVM. */
    private static boolean exhausts(Throwable thrown) {
        try {
            Throwable cause = thrown;
            for (int i = 0; cause != null && i < CAUSES; i++, cause = cause.getCause()) {
                if (Steps.exhausts(cause)) {
                    return !Steps.isTooDeep(cause);
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
            message = "(the message could not be read)"; // the exception's class may be the candidate's
        }
    }

    synchronized boolean passed() {
        return missing.isEmpty() && failed == 0 && run > 0;
    }

    /** Says why the tests did not pass. */
    String why() {
        if (!missing.isEmpty()) {
            return "test " + missing + " is not among the compiled classes";
        }
        return failed == 0 ? "no test ran" : test + ": " + exception + ": " + message;
    }

    synchronized byte[] encode() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(run);
        out.writeInt(failed);
        out.writeInt(newFailures);
        out.writeLong(Math.max(steps, Steps.used()));
        out.writeBoolean(Steps.slow());
        out.writeBoolean(late);
        out.writeBoolean(exhausted || Steps.exhausted());
        out.writeBoolean(Fence.hasLooked());
        out.writeBoolean(Steps.sawIdentity());
        for (String text : new String[] {missing, test, exception, message, Fence.denied()}) {
            out.writeUTF(cut(text));
        }
        write(out, Fence.learned());
        return bytes.toByteArray();
    }

    static Tally decode(DataInputStream in) throws IOException {
        Tally tally = new Tally();
        tally.run = in.readInt();
        tally.failed = in.readInt();
        tally.newFailures = in.readInt();
        tally.steps = in.readLong();
        tally.slow = in.readBoolean();
        tally.late = in.readBoolean();
        tally.exhausted = in.readBoolean();
        tally.looked = in.readBoolean();
        tally.identity = in.readBoolean();
        tally.missing = in.readUTF();
        tally.test = in.readUTF();
        tally.exception = in.readUTF();
        tally.message = in.readUTF();
        tally.denied = in.readUTF();
        tally.learned = read(in);
        return tally;
    }

    /** Writes lines compressed, since many name files of one folder. */
    private static void write(DataOutputStream out, List<String> lines) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(bytes)) {
            deflated.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
        }
        out.writeInt(lines.isEmpty() ? 0 : bytes.size());
        if (!lines.isEmpty()) {
            out.write(bytes.toByteArray());
        }
    }

    private static List<String> read(DataInputStream in) throws IOException {
        byte[] bytes = in.readNBytes(in.readInt());
        if (bytes.length == 0) {
            return List.of();
        }
        byte[] text = new InflaterInputStream(new ByteArrayInputStream(bytes)).readNBytes(MAX_LEARNED);
        return List.of(new String(text, StandardCharsets.UTF_8).split("\n"));
    }

    /** Shortens a text to plain ASCII, since a message must fit one write to a pipe. */
    private static String cut(String text) {
        StringBuilder ascii = new StringBuilder();
        for (int i = 0; i < text.length() && i < MAX_TEXT; i++) {
            char c = text.charAt(i);
            ascii.append(c >= ' ' && c <= '~' || c == '\n' || c == '\t' ? c : '?');
        }
        return text.length() <= MAX_TEXT ? ascii.toString() : ascii + "...";
    }
}

package harness.judge;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;
import org.junit.runner.notification.RunNotifier;

/** Counts tests and remembers the first failure, at which it stops the run. */
final class Tally extends RunListener {
    private static final int MAX_TEXT = 900;

    int run;
    int failed;
    int ignored;
    /** Name of a test class that is not there, or "". */
    String missing = "";
    String test = "";
    String exception = "";
    String message = "";

    private RunNotifier notifier;

    RunNotifier notifier() {
        notifier = new RunNotifier();
        notifier.addListener(this);
        return notifier;
    }

    // Tests report from the main thread, but a candidate may start threads of its own.
    @Override
    public synchronized void testFinished(Description description) {
        run++;
    }

    @Override
    public synchronized void testIgnored(Description description) {
        ignored++;
    }

    @Override
    public synchronized void testAssumptionFailure(Failure failure) {
        ignored++;
        run--; // testFinished still comes for it
    }

    @Override
    public synchronized void testFailure(Failure failure) {
        failure(failure.getDescription().getDisplayName(), failure.getException());
        notifier.pleaseStop();
    }

    synchronized void failure(String name, Throwable thrown) {
        failed++;
        if (failed > 1) {
            return;
        }
        test = cut(name);
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
        out.writeInt(ignored);
        for (String text : new String[] {missing, test, exception, message}) {
            out.writeUTF(cut(text));
        }
        return bytes.toByteArray();
    }

    static Tally decode(DataInputStream in) throws IOException {
        Tally tally = new Tally();
        tally.run = in.readInt();
        tally.failed = in.readInt();
        tally.ignored = in.readInt();
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

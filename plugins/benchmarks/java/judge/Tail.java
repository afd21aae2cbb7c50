package harness.judge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** Reads all of a stream and keeps its end. */
final class Tail implements Runnable {
    private static final int KEPT = 1024;
    /** Begins the line that says which test of the reference fix starts. */
    static final String STARTS = "starts ";

    private final InputStream in;
    private final StringBuilder text = new StringBuilder();

    Tail(InputStream in) {
        this.in = in;
    }

    /** The end of the stream, without the JVM's warnings and the names of tests, or "". */
    synchronized String quote() {
        String said = text.toString().lines()
                .filter(line -> !line.startsWith("WARNING: ") && !line.startsWith(STARTS))
                .collect(Collectors.joining("\n"));
        return said.isBlank() ? "" : ": " + said.strip();
    }

    /** The test that started last, or "" if none is known. */
    synchronized String lastTest() {
        return text.toString().lines()
                .filter(line -> line.startsWith(STARTS))
                .reduce("", (before, line) -> line.substring(STARTS.length()));
    }

    @Override
    public void run() {
        byte[] bytes = new byte[1 << 13];
        try {
            for (int n; (n = in.read(bytes)) > 0; ) {
                append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            // The process has ended.
        }
    }

    private synchronized void append(String more) {
        text.append(more);
        if (text.length() > KEPT) {
            text.delete(0, text.length() - KEPT);
        }
    }
}

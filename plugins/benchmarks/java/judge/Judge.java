package harness.judge;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * The service of a box: reads requests on standard input, writes answers to standard output, and lives as long as the
 * box. The frames, the ready frame and the mark of the last answer follow the protocol of the harness's sandbox; the
 * content is JSON.
 *
 * <p>Its argument is the folder that candidates may write to. Outside a box it refuses to start.
 */
public final class Judge {
    static final List<String> LIBRARIES =
            List.of("/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar");

    private static final int MAX_REQUEST = 64 << 20;
    /** Larger requests are not read: only the text of a candidate makes one so large. */
    private static final int MAX_READ = 16 << 20;
    /**
     * The largest text of a candidate that is compiled, in characters, unless the reference fix is so long too. The compiler
     * takes quadratic time for some texts, so that the load of the machine would decide about larger ones.
     */
    private static final int MAX_TEXT = 512 << 10;
    /** A candidate may be so many times as long as the reference fix. */
    private static final int MAX_GROWTH = 4;
    /** The largest sum of a program's instrumented classes, in bytes: a test JVM reads them into its heap. */
    private static final long MAX_CLASSES = 8 << 20;
    private static final int LAST = 1 << 31;
    private final Compiler compiler = new Compiler();
    private final CompileThread compileThread = new CompileThread();
    private final Suites suites = new Suites();
    private final Trial trial;
    private final Baseline baseline;
    /** Whether this box must not be used again. */
    private boolean spent;
    /** Whether this box has answered a request. */
    private boolean used;

    private Judge(Box box) {
        int count = 6; // three for each of two JVMs
        ExecutorService threads = Executors.newFixedThreadPool(count, daemon(1 << 20));
        for (int i = 0; i < count; i++) {
            threads.submit(() -> {}); // starts the thread now: later a candidate may use up the processes of the box
        }
        trial = new Trial(box, new Jvms(threads, box));
        baseline = new Baseline(compileThread, compiler, trial);
    }

    static ThreadFactory daemon(long stack) {
        return task -> {
            Thread thread = new Thread(null, task, "judge", stack);
            thread.setDaemon(true);
            return thread;
        };
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("judge: expected one argument, the folder that candidates may write to");
            System.exit(2);
        }
        Box box = null;
        try {
            box = new Box(Path.of(arguments[0]));
        } catch (IllegalStateException e) {
            System.err.println("judge: this must run in a box: " + e.getMessage());
            System.exit(2);
        }
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err); // only frames may reach standard output
        new Judge(box).serve(in, out);
        // A compilation that cannot be stopped must not keep the JVM running.
        Runtime.getRuntime().halt(0);
    }

    private void serve(DataInputStream in, FileOutputStream out) throws IOException {
        // Loads the compiler, so that the first candidate does not wait for that.
        compiler.compile(Example.PROGRAM, Map.of(), List.of(), List.of());
        send(out, 0, "ready", 0);
        while (!spent) {
            byte[] request;
            long number;
            boolean large;
            try {
                int length = in.readInt();
                number = in.readLong();
                if (length < 0 || length > MAX_REQUEST) {
                    throw new IOException("request of " + Integer.toUnsignedString(length) + " bytes");
                }
                request = in.readNBytes(Math.min(length, MAX_READ));
                for (int left = length - request.length; left > 0; left -= Math.min(left, 1 << 16)) {
                    in.readFully(new byte[Math.min(left, 1 << 16)]);
                }
                large = length > MAX_READ;
            } catch (EOFException e) {
                return;
            }
            String reply = Json.write(large ? uncompilable("too large: a request of more than " + MAX_READ + " bytes") : answer(request));
            used = true;
            send(out, number, reply, spent ? LAST : 0);
        }
    }

    private static void send(FileOutputStream out, long number, String payload, int mark) throws IOException {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        DataOutputStream head = new DataOutputStream(frame);
        head.writeInt(bytes.length | mark);
        head.writeLong(number);
        frame.write(bytes);
        out.write(frame.toByteArray());
    }

    /** Judges one request. Failures of the judge itself give the outcome "error". */
    private Map<String, Object> answer(byte[] bytes) {
        Map<String, Object> reply = new LinkedHashMap<>();
        try {
            judge(new Request(Json.parse(new String(bytes, StandardCharsets.UTF_8))), reply);
        } catch (InterruptedException | IOException | RuntimeException | OutOfMemoryError e) {
            spent = true;
            reply.put("outcome", "error");
            reply.put("detail", "the judge failed: " + e);
        }
        return reply;
    }

    /** The answer about a candidate that is not compiled, or that the compiler could not manage. */
    private static Map<String, Object> uncompilable(String detail) {
        return mapOf("outcome", "uncompilable", "detail", detail,
                "compile", mapOf("ok", false, "messages", detail + "\n", "stage", "program"));
    }

    private void judge(Request request, Map<String, Object> reply) throws IOException, InterruptedException {
        int largest = Math.max(MAX_TEXT, MAX_GROWTH * Math.max(request.reference.length(), request.original.length()));
        if (request.text.length() > largest) {
            reply.putAll(uncompilable("too large: the text has more than " + largest + " characters"));
            return;
        }
        Suite suite = suites.get(request, () -> baseline.measure(request));
        reply.put("reference", suite.referencePasses);
        boolean version = request.text.equals(request.reference) || request.text.equals(request.buggy);
        if (!suite.problem.isEmpty() && !version && !request.referenceMayFail) {
            // A pass would not be confirmed by the number of tests, and a failure may be the box's fault.
            suites.forget(request);
            throw new IllegalStateException("the reference fix does not pass in this box: " + suite.problem);
        }
        Suite.Program program = compile(suite, request);
        if (program.exhausted) {
            reply.putAll(uncompilable("too large for the compiler: " + program.messages.strip()));
            return;
        }
        reply.put("compile", mapOf("ok", program.ok, "messages", program.messages, "stage", program.stage));
        if (!program.ok) {
            reply.put("outcome", "uncompilable");
            reply.put("detail", program.messages.lines().findFirst().orElse("the compiler gave no reason"));
            return;
        }
        Trial.Result result = trial.run(program, request, suite);
        spent |= trial.spent();
        reply.put("counts", result.counts);
        describe(result, suite, reply);
    }

    /** Compiles the candidate; see {@link Suite#compile}. */
    private Suite.Program compile(Suite suite, Request request) throws InterruptedException {
        Suite.Program program;
        boolean late = false;
        try {
            program = compileThread.run(request.compileMillis, () -> suite.compile(request, request.text, false));
        } catch (CompileThread.TooLong e) {
            program = exhausted(e.getMessage());
            late = true;
        } catch (IllegalStateException e) {
            if (!hasNoMemory(e)) {
                throw e;
            }
            program = exhausted("out of memory");
        }
        if (program.exhausted && used && !late) {
            // Those before may have used up the memory. The harness asks once more, in a new box.
            System.err.println("judge: the compiler of a used box ran out of memory");
            Runtime.getRuntime().halt(3);
        }
        if (program.ok && program.classes.values().stream().mapToLong(c -> c.length).sum() > MAX_CLASSES) {
            program = exhausted("more than " + MAX_CLASSES + " bytes of classes");
        }
        spent |= program.exhausted;
        if (program.exhausted && request.isProject() && suite.compilesAround()) {
            // A whole project may need more than this box has, which is not the fault of the candidate.
            throw new IllegalStateException("compile the whole project: " + program.messages.strip());
        }
        return program;
    }

    private static Suite.Program exhausted(String message) {
        Suite.Program program = new Suite.Program();
        program.messages = message + "\n";
        program.exhausted = true;
        return program;
    }

    private static boolean hasNoMemory(Throwable e) {
        return e != null && (e instanceof OutOfMemoryError || hasNoMemory(e.getCause()));
    }

    private static void describe(Trial.Result result, Suite suite, Map<String, Object> reply) {
        TestJvm.Outcome outcome = result.outcome;
        Tally tally = outcome.tally;
        if (tally != null) {
            Map<String, Object> first =
                    mapOf("test", tally.test, "exception", tally.exception, "message", tally.message);
            reply.put("tests", mapOf(
                    "run", tally.run, "expected", suite.referenceTests, "failed", tally.failed, "new", tally.newFailures,
                    "slow", tally.slow, "firstFailure", first));
            reply.put("denied", tally.denied);
            reply.put("looked", tally.looked);
        }
        String name = "error";
        String detail = outcome.detail;
        switch (outcome.end) {
            case PASSED:
                // A candidate can make JUnit skip the tests that it would fail.
                boolean complete = tally.run >= suite.referenceTests;
                name = complete ? "passed" : "failed";
                detail = complete ? "" : "only " + tally.run + " of " + suite.referenceTests + " tests ran";
                break;
            case TIMEOUT:
                name = "timeout";
                break;
            case EXCEEDED:
                name = "timeout";
                detail = "a test took more than " + suite.steps + " steps, and more than its own time limit admits; with the"
                        + " reference fix none takes more than " + suite.referenceSteps;
                break;
            case CRASHED:
                name = "crashed";
                break;
            case FAILED:
                name = tally.missing.isEmpty() ? "failed" : "error";
                detail = tally.why();
                break;
            default:
                break; // a failure of the harness
        }
        if (result.runs > 0) {
            name = "flaky";
            detail = "passes in " + result.passes + " of " + result.runs + " fresh JVMs; otherwise " + detail;
        }
        reply.put("outcome", name);
        reply.put("detail", detail);
    }

    private static Map<String, Object> mapOf(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}

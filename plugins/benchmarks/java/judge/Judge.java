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
    /** One in SAMPLE failures in the warm JVM is checked in a fresh one. */
    private static final int SAMPLE = 32;

    private final Box box;
    private final Compiler compiler = new Compiler();
    private final CompileThread compileThread = new CompileThread();
    private final Suites suites = new Suites();
    private final Jvms jvms;
    /** Whether this box must not be used again. */
    private boolean spent;
    /** Whether this box has answered a request. */
    private boolean used;

    private Judge(Box box) {
        this.box = box;
        int count = 6; // three for each of two JVMs
        ExecutorService threads = Executors.newFixedThreadPool(count, daemon(1 << 20));
        for (int i = 0; i < count; i++) {
            threads.submit(() -> {}); // starts the thread now: later a candidate may use up the processes of the box
        }
        jvms = new Jvms(threads, box);
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
        Suite suite = suites.get(request, () -> measure(request));
        reply.put("reference", suite.referencePasses);
        Suite.Program program = compile(suite, request, request.text);
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
        Job job = newJob(request, program, suite);
        describe(run(job, request, suite, program.shareable, reply), suite, reply);
    }

    /** Compiles a text in place of the reference: alone if that is enough, otherwise with all other sources. */
    private Suite.Program compile(Suite suite, Request request, String text) throws InterruptedException {
        Suite.Program program;
        boolean alone = true;
        boolean late = false;
        try {
            program = compileThread.run(request.compileMillis, () -> suite.compileAlone(request, text));
            if (program == null) {
                alone = false;
                program = compileThread.run(request.compileMillis, () -> suite.compileAll(request, text));
            }
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
        if (program.exhausted && request.isProject() && !alone) {
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

    /** Compiles what all candidates of a bug share, and counts the steps of the reference fix. */
    private Suite measure(Request request) throws IOException, InterruptedException {
        Suite suite;
        try {
            suite = compileThread.run(request.compileMillis, () -> new Suite(compiler, request));
        } catch (CompileThread.TooLong e) {
            throw new IllegalStateException("compile the tests: " + e.getMessage(), e);
        }
        if (request.reference.isEmpty()) {
            return suite;
        }
        Suite.Program reference = compile(suite, request, request.reference);
        if (reference.exhausted) {
            throw new IllegalStateException("compile the reference fix: " + reference.messages.strip());
        }
        if (!reference.ok) {
            return suite;
        }
        TestJvm.Outcome outcome = null;
        Jvms.Platform best = suite.platform; // with which the fewest tests fail
        int fewest = Integer.MAX_VALUE;
        for (Jvms.Platform platform : Jvms.Platform.values()) {
            suite.platform = platform;
            outcome = runReference(suite, request, reference);
            if (!request.isProject() || outcome.end != TestJvm.End.FAILED || outcome.tally.late) {
                break;
            }
            if (outcome.tally.failed < fewest) {
                fewest = outcome.tally.failed;
                best = platform;
            }
        }
        if (outcome.end == TestJvm.End.PASSED) {
            suite.setLimits(request, outcome.tally);
            return suite;
        }
        suite.platform = best;
        if (outcome.end != TestJvm.End.FAILED || outcome.tally.late) {
            // The reference may pass at another time, and its step count is kept as long as the box lives.
            throw new IllegalStateException("measure the reference fix: " + outcome.end + " " + outcome.detail);
        }
        return suite;
    }

    private TestJvm.Outcome runReference(Suite suite, Request request, Suite.Program reference)
            throws IOException, InterruptedException {
        Job job = newJob(request, reference, suite);
        job.steps = Long.MAX_VALUE;
        job.all = true;
        return runFresh(job, request, suite);
    }

    private static Job newJob(Request request, Suite.Program program, Suite suite) {
        Job job = new Job();
        job.classes = program.classes;
        job.tests = request.tests;
        job.forgiven = request.forgiven;
        job.known = request.known;
        job.classpath = request.classpath;
        job.all = request.all;
        job.steps = suite.steps;
        return job;
    }

    /**
     * Runs a candidate. A shareable one runs in the warm JVM first. A pass there is always confirmed in a fresh JVM, and so
     * is an outcome that may depend on earlier candidates, and one failure in SAMPLE.
     */
    private TestJvm.Outcome run(Job job, Request request, Suite suite, boolean shareable, Map<String, Object> reply)
            throws IOException, InterruptedException {
        Map<String, Object> counts = new LinkedHashMap<>();
        reply.put("counts", counts);
        TestJvm.Outcome quick = null;
        if (shareable) {
            quick = jvms.runInWarm(job, request);
            counts.put("warm", 1);
            boolean sampled = Math.floorMod(request.text.hashCode(), SAMPLE) == 0;
            if (quick.isClean() && quick.end != TestJvm.End.PASSED && !sampled) {
                return quick;
            }
        }
        TestJvm.Outcome outcome = runFresh(job, request, suite);
        counts.put("fresh", 1);
        if (quick != null && quick.isClean()) {
            counts.put(quick.end == TestJvm.End.PASSED ? "passes confirmed" : "failures confirmed", 1);
            if (quick.end != outcome.end) {
                counts.put("differences", 1);
            }
        }
        return outcome;
    }

    private TestJvm.Outcome runFresh(Job job, Request request, Suite suite) throws IOException, InterruptedException {
        if (request.isProject()) {
            box.copy(Path.of(request.tree), request.workFolder(box.folder()));
        }
        TestJvm.Outcome outcome = jvms.runInFresh(job, request, suite.platform);
        // Processes that a candidate left running may still write, so only an idle box is emptied.
        spent |= !box.isIdle(jvms.warmPid()) || !box.empty() || !box.isUnchanged();
        return outcome;
    }

    private static void describe(TestJvm.Outcome outcome, Suite suite, Map<String, Object> reply) {
        Tally tally = outcome.tally;
        if (tally != null) {
            Map<String, Object> first =
                    mapOf("test", tally.test, "exception", tally.exception, "message", tally.message);
            reply.put("tests", mapOf(
                    "run", tally.run, "expected", suite.referenceTests, "failed", tally.failed, "new", tally.newFailures, "slow", tally.slow,
                    "firstFailure", first));
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
                detail = "a test took more than " + suite.steps + " steps; with the reference fix none takes more than "
                        + suite.referenceSteps;
                break;
            case CRASHED:
                name = "crashed";
                break;
            case FAILED:
                if (!tally.missing.isEmpty()) {
                    detail = "test " + tally.missing + " is not among the compiled classes";
                } else if (tally.failed > 0) {
                    name = "failed";
                    detail = tally.test + ": " + tally.exception + ": " + tally.message;
                } else {
                    name = "failed";
                    detail = "no test ran";
                }
                break;
            default:
                break; // a failure of the harness
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

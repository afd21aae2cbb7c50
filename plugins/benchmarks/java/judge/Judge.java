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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The service of a box: reads requests on standard input, answers on standard output, lives as long as the box. Frames,
 * the greeting and the last answer's mark are those of the harness's sandbox; the content is JSON.
 *
 * <p>Its argument is the folder that candidates may write to. Outside a box it refuses to start.
 */
public final class Judge {
    static final List<String> LIBRARIES =
            List.of("/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar");

    private static final int MAX_REQUEST = 64 << 20;
    private static final int LAST = 1 << 31;
    private static final long COMPILER_STACK = 32L << 20;
    private static final long COMPILE_MILLIS = 30_000;
    /** One in how many failures of tame candidates is looked at again in a fresh JVM. */
    private static final int SAMPLE = 32;

    private final Box box;
    private final Compiler compiler = new Compiler();
    private final ExecutorService compileThread = Executors.newSingleThreadExecutor(daemon(COMPILER_STACK));
    private final Suites suites = new Suites();
    private final Jvms jvms;
    /** Whether this box must not be used again. */
    private boolean spent;

    private Judge(Box box) {
        this.box = box;
        int count = 6; // three for each of two JVMs
        ExecutorService threads = Executors.newFixedThreadPool(count, daemon(1 << 20));
        for (int i = 0; i < count; i++) {
            threads.submit(() -> {}); // starts the thread now, while the box has processes to spare
        }
        jvms = new Jvms(threads, box.folder());
    }

    private static ThreadFactory daemon(long stack) {
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
            System.err.println("judge: this is no box: " + e.getMessage());
            System.exit(2);
        }
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err); // nothing but frames may reach standard output
        new Judge(box).serve(in, out);
        // A compilation that cannot be stopped must not keep the JVM.
        Runtime.getRuntime().halt(0);
    }

    private void serve(DataInputStream in, FileOutputStream out) throws IOException {
        // So that the first candidate does not wait for the compiler to load.
        compiler.compile(Example.PROGRAM, Map.of(), List.of(), List.of());
        send(out, "ready", 0);
        while (!spent) {
            byte[] request;
            try {
                int length = in.readInt();
                if (length < 0 || length > MAX_REQUEST) {
                    throw new IOException("request of " + Integer.toUnsignedString(length) + " bytes");
                }
                request = in.readNBytes(length);
            } catch (EOFException e) {
                return;
            }
            String reply = Json.write(answer(request));
            send(out, reply, spent ? LAST : 0);
        }
    }

    private static void send(FileOutputStream out, String payload, int mark) throws IOException {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        new DataOutputStream(frame).writeInt(bytes.length | mark);
        frame.write(bytes);
        out.write(frame.toByteArray());
    }

    /** Judges one request; whatever goes wrong here is the outcome "error". */
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

    private void judge(Request request, Map<String, Object> reply) throws IOException, InterruptedException {
        Suite suite = suites.get(request, () -> measure(request));
        Suite.Program program = limited(() -> suite.compile(request, request.text));
        if (program == null) {
            program = new Suite.Program();
            program.messages = "the compiler took more than " + COMPILE_MILLIS + " ms\n";
        }
        reply.put("compile", members("ok", program.ok, "messages", program.messages, "stage", program.stage));
        spent |= program.exhausted;
        if (!program.ok) {
            reply.put("outcome", "uncompilable");
            reply.put("detail", program.messages.lines().findFirst().orElse("the compiler gave no reason"));
            return;
        }
        Job job = job(request, program, suite.steps);
        describe(run(job, request, program.tame, reply), suite, reply);
    }

    /** Compiles what a bug's candidates share and counts the reference's steps. */
    private Suite measure(Request request) throws IOException, InterruptedException {
        Suite suite = limited(() -> new Suite(compiler, request));
        if (suite == null) {
            throw new IllegalStateException("compiling the tests took more than " + COMPILE_MILLIS + " ms");
        }
        if (!request.reference.isEmpty()) {
            Suite.Program reference = limited(() -> suite.compile(request, request.reference));
            if (reference != null && reference.ok) {
                Job job = job(request, reference, Long.MAX_VALUE);
                job.all = true;
                TestJvm.Outcome outcome = fresh(job, request);
                if (outcome.end == TestJvm.End.PASSED) {
                    suite.measured(request, outcome.tally);
                }
            }
        }
        return suite;
    }

    private static Job job(Request request, Suite.Program program, long steps) {
        Job job = new Job();
        job.classes = program.classes;
        job.tests = request.tests;
        job.forgiven = request.forgiven;
        job.known = request.known;
        job.classpath = request.classpath;
        job.all = request.all;
        job.steps = steps;
        return job;
    }

    /**
     * Runs a candidate. A tame one is tried in a warm JVM first. A pass there is never believed, nor is what depends on
     * what the JVM did before; of the failures, one in SAMPLE is looked at twice.
     */
    private TestJvm.Outcome run(Job job, Request request, boolean tame, Map<String, Object> reply)
            throws IOException, InterruptedException {
        Map<String, Object> counts = new LinkedHashMap<>();
        reply.put("counts", counts);
        TestJvm.Outcome quick = null;
        if (tame) {
            quick = jvms.warm(job, request.wallMillis);
            counts.put("warm", 1);
            boolean sampled = Math.floorMod(request.text.hashCode(), SAMPLE) == 0;
            if (quick.isClean() && quick.end != TestJvm.End.PASSED && !sampled) {
                return quick;
            }
        }
        TestJvm.Outcome outcome = fresh(job, request);
        counts.put("fresh", 1);
        if (quick != null && quick.isClean()) {
            counts.put(quick.end == TestJvm.End.PASSED ? "passes confirmed" : "failures confirmed", 1);
            if (quick.end != outcome.end) {
                counts.put("differences", 1);
            }
        }
        return outcome;
    }

    private TestJvm.Outcome fresh(Job job, Request request) throws IOException, InterruptedException {
        if (request.isWhole()) {
            box.copy(Path.of(request.tree), request.workFolder(box.folder()));
        }
        TestJvm.Outcome outcome = jvms.fresh(job, request);
        // What a candidate left running may write on, so a box that is not quiet is not even tidied.
        spent |= !box.isQuiet(jvms.warmPid()) || !box.empty();
        return outcome;
    }

    /** Runs the compiler; null where that took too long. */
    private <T> T limited(java.util.concurrent.Callable<T> work) throws InterruptedException {
        Future<T> compilation = compileThread.submit(work);
        try {
            return compilation.get(COMPILE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            spent = true; // javac cannot be interrupted
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException("compiler: " + e.getCause(), e);
        }
    }

    private static void describe(TestJvm.Outcome outcome, Suite suite, Map<String, Object> reply) {
        Tally tally = outcome.tally;
        reply.put("wallMillis", outcome.wallMillis);
        if (tally != null) {
            Map<String, Object> first =
                    members("test", tally.test, "exception", tally.exception, "message", tally.message);
            reply.put("tests", members(
                    "run", tally.run, "expected", suite.referenceTests, "failed", tally.failed, "new", tally.fresh, "slow", tally.slow,
                    "steps", tally.steps, "firstFailure", first));
        }
        String name = "error";
        String detail = outcome.detail;
        switch (outcome.end) {
            case PASSED:
                // A candidate can have JUnit leave out the tests that it would fail.
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
                break; // the harness's own failure
        }
        reply.put("outcome", name);
        reply.put("detail", detail);
    }

    private static Map<String, Object> members(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}

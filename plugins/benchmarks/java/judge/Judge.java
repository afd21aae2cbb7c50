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
import java.util.ArrayList;
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

    private static final Path HOME = Path.of("/opt/harness");
    private static final int MAX_REQUEST = 64 << 20;
    private static final int LAST = 1 << 31;
    private static final long COMPILER_STACK = 32L << 20;
    private static final long COMPILE_MILLIS = 60_000;

    private final Box box;
    private final Compiler compiler = new Compiler();
    private final ExecutorService compileThread = Executors.newSingleThreadExecutor(daemon(COMPILER_STACK));
    private final Fork fork;
    /** Whether this box must not be used again. */
    private boolean spent;

    private Judge(Box box) {
        this.box = box;
        ExecutorService threads = Executors.newFixedThreadPool(3, daemon(1 << 20));
        for (int i = 0; i < 3; i++) {
            threads.submit(() -> {}); // starts the thread now, while the box has processes to spare
        }
        List<String> classpath = new ArrayList<>();
        classpath.add(HOME.resolve("judge.jar").toString());
        classpath.addAll(LIBRARIES);
        fork = new Fork(threads, javaCommand(box.folder()), classpath, box.folder());
    }

    private static List<String> javaCommand(Path folder) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:SharedArchiveFile=" + HOME.resolve("runner.jsa"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:ActiveProcessorCount=1", // one, whatever the host has: the same program everywhere
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                "-Djava.io.tmpdir=" + folder,
                "-Dfile.encoding=UTF-8",
                "-Duser.language=en");
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
        compiler.warm();
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
        Compiler.Result compiled = compile(request);
        String stage = compiled.ok ? "" : request.isTest(compiled.file) ? "test" : "program";
        reply.put("compile", members("ok", compiled.ok, "messages", compiled.messages, "stage", stage));
        if (!compiled.ok) {
            reply.put("outcome", "uncompilable");
            reply.put("detail", compiled.messages.lines().findFirst().orElse("the compiler gave no reason"));
            return;
        }
        Fork.Outcome outcome = fork.run(new Fork.Job(
                compiled.classes, request.testClasses, request.classpath, request.heapMiB, request.wallMillis));
        // What a candidate left running may write on, so a box that is not quiet is not even tidied.
        spent |= !box.quiet() || !box.empty();
        describe(outcome, reply);
    }

    private Compiler.Result compile(Request request) throws InterruptedException {
        List<String> classpath = new ArrayList<>(LIBRARIES);
        classpath.addAll(request.classpath);
        Future<Compiler.Result> compilation =
                compileThread.submit(() -> compiler.compile(request.files, classpath));
        try {
            return compilation.get(COMPILE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            spent = true; // javac cannot be interrupted
            return Compiler.Result.failed("the compiler took more than " + COMPILE_MILLIS + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException("compiler: " + e.getCause(), e);
        }
    }

    private static void describe(Fork.Outcome outcome, Map<String, Object> reply) {
        Tally tally = outcome.tally;
        reply.put("wallMillis", outcome.wallMillis);
        reply.put(
                "tests",
                members(
                        "run", tally.run,
                        "failed", tally.failed,
                        "ignored", tally.ignored,
                        "firstFailure",
                        members("test", tally.test, "exception", tally.exception, "message", tally.message)));
        String name = "error";
        String detail = outcome.detail;
        switch (outcome.end) {
            case PASSED -> name = "passed";
            case TIMEOUT -> name = "timeout";
            case CRASHED -> name = "crashed";
            case UNSTARTED -> name = "error";
            case FAILED -> {
                if (!tally.missing.isEmpty()) {
                    detail = "test class " + tally.missing + " is not among the compiled classes";
                } else if (tally.failed > 0) {
                    name = "failed";
                    detail = tally.test + ": " + tally.exception + ": " + tally.message;
                } else {
                    name = "failed";
                    detail = "no test ran";
                }
            }
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

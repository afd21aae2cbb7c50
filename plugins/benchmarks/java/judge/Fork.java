package harness.judge;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs one candidate's tests in a JVM of their own and believes only what bears a secret. */
final class Fork {
    private static final long START_MILLIS = 60_000;
    private static final long POLL_MILLIS = 20;
    private static final long DRAIN_MILLIS = 100;
    /** How often the time limit may pass by the clock while it has not by the processor's. */
    private static final int PATIENCE = 3;

    /** What to run. */
    record Job(
            Map<String, byte[]> classes, List<String> tests, List<String> classpath, long heapMiB, long wallMillis) {}

    enum End {
        /** All tests ran, and none failed. */
        PASSED,
        /** A test failed, or there was none. */
        FAILED,
        /** The time limit passed first. */
        TIMEOUT,
        /** The JVM ended before the tests had. */
        CRASHED,
        /** The JVM never got as far as the candidate, which is not to blame. */
        UNSTARTED
    }

    /** What came of it. */
    static final class Outcome {
        End end = End.UNSTARTED;
        String detail = "";
        long wallMillis;
        Tally tally = new Tally();
    }

    private final SecureRandom random = new SecureRandom();
    private final ExecutorService threads;
    private final List<String> command;
    private final List<String> classpath;
    private final Path directory;

    /**
     * @param threads three threads that exist already: a candidate may use up every process that the box may have
     * @param command the java launcher and its options, without heap, class path and main class
     */
    Fork(ExecutorService threads, List<String> command, List<String> classpath, Path directory) {
        this.threads = threads;
        this.command = command;
        this.classpath = classpath;
        this.directory = directory;
    }

    Outcome run(Job job) throws IOException, InterruptedException {
        Secrets secrets = Secrets.random(random);
        List<String> path = new ArrayList<>(classpath);
        path.addAll(job.classpath);
        List<String> line = new ArrayList<>(command);
        line.addAll(List.of("-Xmx" + job.heapMiB + "m", "-cp", String.join(":", path), Runner.class.getName()));

        long start = System.nanoTime();
        Process process = new ProcessBuilder(line).directory(directory.toFile()).start();
        Outcome outcome = new Outcome();
        try {
            Messages messages = new Messages(process.getInputStream(), secrets);
            Tail stderr = new Tail(process.getErrorStream());
            List<Future<?>> readers = List.of(threads.submit(messages), threads.submit(stderr));
            Future<?> writer = threads.submit(() -> feed(process.getOutputStream(), job, secrets));
            follow(process, job, messages, outcome);
            end(process);
            for (Future<?> reader : readers) {
                drain(reader);
            }
            writer.cancel(true);
            if (outcome.end == End.CRASHED || outcome.end == End.UNSTARTED) {
                outcome.detail += stderr.quote();
            }
        } finally {
            end(process);
            process.getInputStream().close();
            process.getErrorStream().close();
        }
        outcome.wallMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        return outcome;
    }

    /** Kills the JVM and what it started; who has cut loose from it is found by Box.quiet. */
    private static void end(Process process) throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }

    /** Lets a reader finish; a process that the candidate left behind may hold the pipe open, and is not waited for. */
    private static void drain(Future<?> reader) throws InterruptedException {
        try {
            reader.get(DRAIN_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            reader.cancel(true);
        }
    }

    private static void follow(Process process, Job job, Messages messages, Outcome outcome)
            throws IOException, InterruptedException {
        if (!await(messages.ready, START_MILLIS, process)) {
            outcome.detail = process.isAlive()
                    ? "the test JVM did not start within " + START_MILLIS + " ms"
                    : "the test JVM ended with exit code " + process.exitValue() + " before the first test";
            return;
        }
        boolean heard = await(messages.verdict, job.wallMillis, process);
        for (int i = 1; i < PATIENCE && !heard && process.isAlive() && cpuMillis(process) < job.wallMillis; i++) {
            heard = await(messages.verdict, job.wallMillis, process); // others have the processor
        }
        if (heard) {
            boolean passed = messages.passed;
            outcome.tally = Tally.decode(new DataInputStream(new ByteArrayInputStream(messages.verdict.payload())));
            outcome.end = passed ? End.PASSED : End.FAILED;
        } else if (process.isAlive()) {
            outcome.end = End.TIMEOUT;
            outcome.detail = "the tests took more than " + job.wallMillis + " ms";
        } else {
            outcome.end = End.CRASHED;
            outcome.detail = "the test JVM ended with exit code " + process.exitValue() + " before the tests had";
        }
    }

    private static long cpuMillis(Process process) {
        return process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }

    /** Waits for a message, a little longer than the process lives, so that its last words are heard. */
    private static boolean await(Messages.Slot slot, long millis, Process process) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (process.isAlive()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (slot.await(Math.max(1, Math.min(left, POLL_MILLIS)))) {
                return true;
            }
            if (left <= 0) {
                return false;
            }
        }
        return slot.await(DRAIN_MILLIS);
    }

    /** Hands over the secrets and the classes. */
    private static void feed(OutputStream to, Job job, Secrets secrets) {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(to, 1 << 16))) {
            write(out, job.tests, job.classes, secrets);
        } catch (IOException e) {
            // The JVM died early: seen by whoever follows the process, which never becomes ready.
        }
    }

    /** Writes what Runner reads. */
    static void write(DataOutputStream out, List<String> tests, Map<String, byte[]> classes, Secrets secrets)
            throws IOException {
        out.write(secrets.ready());
        out.write(secrets.passed());
        out.write(secrets.failed());
        out.writeInt(tests.size());
        for (String test : tests) {
            out.writeUTF(test);
        }
        out.writeInt(classes.size());
        for (Map.Entry<String, byte[]> entry : classes.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeInt(entry.getValue().length);
            out.write(entry.getValue());
        }
    }
}

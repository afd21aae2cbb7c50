package harness.judge;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A JVM that runs {@link Runner}: it gets jobs, and only its messages with a secret count. */
final class TestJvm implements Closeable {
    private static final long POLL_MILLIS = 20;
    private static final long DRAIN_MILLIS = 100;
    private static final long LAST_OUTPUT_MILLIS = 10_000;
    /** On a busy machine, a time limit by the clock is extended up to this factor until the processor time reaches it. */
    static final int BUSY_FACTOR = 3;

    enum End {
        /** All tests ran and passed. */
        PASSED,
        /** A test failed, or no test ran. */
        FAILED,
        /** A test used up its steps. */
        EXCEEDED,
        /** The time limit was reached. */
        TIMEOUT,
        /** The JVM ended before the tests. */
        CRASHED,
        /** The JVM failed before it loaded the candidate. */
        UNSTARTED
    }

    /** The result of a job. */
    static final class Outcome {
        End end = End.UNSTARTED;
        String detail = "";
        Tally tally;

        /** Whether this says something about the program, and not only about the box. */
        boolean hasVerdict() {
            return end != End.UNSTARTED;
        }

        /** Whether the JVM may run another job. */
        boolean isClean() {
            return (end == End.PASSED || end == End.FAILED || end == End.EXCEEDED) && !tally.late && !tally.exhausted;
        }
    }

    private final ExecutorService threads;
    private final SecureRandom random;
    private final Process process;
    private final DataOutputStream out;
    private final Messages messages;
    private final Tail stderr;
    private final List<Future<?>> readers;

    /**
     * @param threads running threads, three for each TestJvm: a candidate may use up all processes of the box
     */
    TestJvm(
            ExecutorService threads,
            SecureRandom random,
            List<String> command,
            Path directory,
            Map<String, String> environment)
            throws IOException {
        this.threads = threads;
        this.random = random;
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 1 << 16));
        messages = new Messages(process.getInputStream());
        // Until the first job, no message can match.
        messages.expect(Secrets.random(random), Runner.MAX_MESSAGE);
        stderr = new Tail(process.getErrorStream());
        readers = List.of(threads.submit(messages), threads.submit(stderr));
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Runs a job. After the last job, the JVM has ended when this returns.
     *
     * @param readyMillis the time limit for the JVM to become ready for the candidate
     */
    Outcome ask(Job job, long readyMillis, long wallMillis) throws IOException, InterruptedException {
        Secrets secrets = Secrets.random(random);
        Messages.Expected expected = messages.expect(secrets, job.learn ? Runner.MAX_LEARNED : Runner.MAX_MESSAGE);
        Future<?> writer = threads.submit(() -> feed(job, secrets));
        Outcome outcome = new Outcome();
        follow(readyMillis, wallMillis, expected, outcome);
        if (job.last || !outcome.isClean()) {
            end();
            writer.cancel(true);
            if (outcome.end == End.CRASHED || outcome.end == End.UNSTARTED) {
                outcome.detail += stderr.quote();
            }
            String test = job.learn ? stderr.lastTest() : "";
            if (outcome.tally == null && !test.isEmpty()) {
                outcome.detail += ", in " + test;
            }
        }
        return outcome;
    }

    private void feed(Job job, Secrets secrets) {
        try {
            secrets.write(out);
            job.write(out);
            out.flush();
            if (job.last) {
                out.close();
            }
        } catch (IOException e) {
            // The JVM ended early. The caller sees that the process never becomes ready.
        }
    }

    private void follow(long readyMillis, long wallMillis, Messages.Expected expected, Outcome outcome)
            throws IOException, InterruptedException {
        if (!await(expected.ready, readyMillis)) {
            outcome.detail = process.isAlive()
                    ? "the test JVM did not start within " + readyMillis + " ms"
                    : "the test JVM ended with exit code " + process.exitValue() + " before the first test";
            return;
        }
        long startCpu = cpuMillis();
        boolean arrived = await(expected.verdict, wallMillis);
        for (int i = 1; i < BUSY_FACTOR && !arrived && process.isAlive() && cpuMillis() - startCpu < wallMillis; i++) {
            arrived = await(expected.verdict, wallMillis); // the machine is busy
        }
        if (arrived) {
            outcome.tally = Tally.decode(new DataInputStream(new ByteArrayInputStream(expected.verdict.payload())));
            outcome.end = expected.passed ? End.PASSED : expected.exceeded ? End.EXCEEDED : End.FAILED;
        } else if (process.isAlive()) {
            outcome.end = End.TIMEOUT;
            outcome.detail = "the tests took more than " + wallMillis + " ms";
        } else {
            outcome.end = End.CRASHED;
            outcome.detail = "the test JVM ended with exit code " + process.exitValue() + " before the tests ended";
        }
    }

    private long cpuMillis() {
        return process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }

    /** Waits for a message, and after the end of the process for its last output. */
    private boolean await(Messages.Slot slot, long millis) throws InterruptedException {
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
        // All output is in the pipe. Reading it may take a while on a busy machine, but must not wait for a process that the
        // candidate left behind and that keeps the pipe open.
        long last = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_OUTPUT_MILLIS);
        while (!slot.await(POLL_MILLIS)) {
            if (readers.get(0).isDone() || System.nanoTime() > last) {
                return slot.payload() != null;
            }
        }
        return true;
    }

    /** Kills the JVM and its descendants. Box.isIdle finds processes that detached themselves. */
    private void end() throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        for (Future<?> reader : readers) {
            drain(reader);
        }
    }

    /** Lets a reader finish, but does not wait for a process that the candidate left behind and that keeps the pipe open. */
    private static void drain(Future<?> reader) throws InterruptedException {
        try {
            reader.get(DRAIN_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | java.util.concurrent.CancellationException e) {
            reader.cancel(true);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.getInputStream().close();
        process.getErrorStream().close();
    }
}

package harness.judge;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;

/** The JVMs of a box: fresh ones for one job each, and a warm one for tame candidates. */
final class Jvms {
    /** Of the warm JVM. Who needs more gets a fresh one. */
    static final long WARM_HEAP_MIB = 256;
    /** A tame job that takes longer is done again by a fresh JVM, with time. */
    private static final long WARM_MILLIS = 2_000;
    /** How long the warm JVM may take to answer at all: a wild candidate may have stopped its process. */
    private static final long READY_MILLIS = 10_000;
    /** How long a JVM may take to start, on a machine that has much else to do. */
    private static final long START_MILLIS = 60_000;

    private static final Path HOME = Path.of("/opt/harness");
    private static final List<String> OPTIONS = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:ActiveProcessorCount=1", // one, whatever the host has: the same program everywhere
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-Dfile.encoding=UTF-8",
            "-Duser.language=en");

    private final SecureRandom random = new SecureRandom();
    private final ExecutorService threads;
    private final Path folder;
    private TestJvm warm;

    /** @param threads six threads that exist already; see TestJvm */
    Jvms(ExecutorService threads, Path folder) {
        this.threads = threads;
        this.folder = folder;
    }

    /** Runs a job in a JVM of its own. */
    TestJvm.Outcome fresh(Job job, Request request) throws IOException, InterruptedException {
        job.last = true;
        List<String> command = command(request.isWhole(), request.heapMiB);
        try (TestJvm jvm = new TestJvm(threads, random, command, request.workFolder(folder), request.environment)) {
            return jvm.ask(job, START_MILLIS, request.wallMillis);
        }
    }

    /** Runs a tame job after others. An outcome that is not clean says nothing about the candidate. */
    TestJvm.Outcome warm(Job job, long wallMillis) throws IOException, InterruptedException {
        long readyMillis = READY_MILLIS;
        if (warm == null || !warm.isAlive()) {
            close();
            readyMillis = START_MILLIS;
            warm = new TestJvm(threads, random, command(false, WARM_HEAP_MIB), folder, Map.of());
        }
        job.last = false;
        TestJvm.Outcome outcome = warm.ask(job, readyMillis, Math.min(wallMillis, WARM_MILLIS));
        if (!outcome.isClean()) {
            close();
        }
        return outcome;
    }

    /** The process of the warm JVM, or -1. */
    long warmPid() {
        return warm == null ? -1 : warm.pid();
    }

    private void close() throws IOException {
        if (warm != null) {
            warm.close();
            warm = null;
        }
    }

    /**
     * @param whole whether the tests get all of the platform: large projects need parts that the run-time image lacks
     */
    private List<String> command(boolean whole, long heapMiB) {
        List<String> command = new ArrayList<>();
        if (whole) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        } else {
            command.add(HOME.resolve("rt/bin/java").toString());
            command.add("-Xshare:auto");
            command.add("-XX:SharedArchiveFile=" + HOME.resolve("runner.jsa"));
        }
        command.addAll(OPTIONS);
        command.add("-Djava.io.tmpdir=" + folder);
        command.add("-Xmx" + heapMiB + "m");
        command.add("-cp");
        command.add(HOME.resolve("judge.jar") + ":" + String.join(":", Judge.LIBRARIES));
        command.add(Runner.class.getName());
        return command;
    }
}

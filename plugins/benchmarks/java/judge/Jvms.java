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

    /**
     * The platform's modules for tests of whole projects, with all that these need: without those that dump the heap,
     * attach to other JVMs or change loaded classes.
     */
    private static final String MODULES = String.join(
            ",",
            "java.compiler",
            "java.desktop",
            "java.management.rmi",
            "java.net.http",
            "java.scripting",
            "java.security.jgss",
            "java.sql.rowset",
            "java.xml.crypto",
            "jdk.charsets",
            "jdk.compiler",
            "jdk.crypto.ec",
            "jdk.dynalink",
            "jdk.httpserver",
            "jdk.localedata",
            "jdk.naming.dns",
            "jdk.net",
            "jdk.security.auth",
            "jdk.xml.dom",
            "jdk.zipfs");
    /**
     * Has {@code sun.misc.Unsafe}, which mock objects are made with, and by which a program reads all of its own memory,
     * the secrets included. A project gets it where the reference fix does not pass without: a candidate that is made to
     * forge a pass can do so there.
     */
    private static final String UNSAFE = "jdk.unsupported";

    /** Goes with it: where old makers of mock objects define their classes, and what tests reflect on. It reads memory as well. */
    private static final List<String> OPENS = List.of(
            "java.base/java.io",
            "java.base/java.lang",
            "java.base/java.lang.reflect",
            "java.base/java.text",
            "java.base/java.util");

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

    /** Dates and numbers are written as in Java 8 and before. */
    private static final String OLDER = "-Djava.locale.providers=COMPAT";

    /**
     * What tests of whole projects get of the platform: the first of these with which the reference fix passes, or else
     * the first with which the fewest tests fail.
     */
    enum Platform {
        OLDER_FORMATS(true, false),
        FORMATS(false, false),
        OLDER_FORMATS_AND_UNSAFE(true, true),
        FORMATS_AND_UNSAFE(false, true);

        private final boolean older;
        private final boolean unsafe;

        Platform(boolean older, boolean unsafe) {
            this.older = older;
            this.unsafe = unsafe;
        }
    }

    private final SecureRandom random = new SecureRandom();
    private final ExecutorService threads;
    private final Path folder;
    private TestJvm warm;

    /** @param threads six threads that exist already; see TestJvm */
    Jvms(ExecutorService threads, Path folder) {
        this.threads = threads;
        this.folder = folder;
    }

    /**
     * Runs a job in a JVM of its own.
     *
     * @param platform what a whole project's tests get
     */
    TestJvm.Outcome fresh(Job job, Request request, Platform platform) throws IOException, InterruptedException {
        job.last = true;
        List<String> command = new ArrayList<>(request.isWhole() ? whole(platform) : small());
        command.addAll(common(request.heapMiB));
        try (TestJvm jvm = new TestJvm(threads, random, command, request.workFolder(folder), request.environment)) {
            return jvm.ask(job, request.startMillis, request.wallMillis);
        }
    }

    /** Runs a tame job after others. An outcome that is not clean says nothing about the candidate. */
    TestJvm.Outcome warm(Job job, Request request) throws IOException, InterruptedException {
        long readyMillis = READY_MILLIS;
        if (warm == null || !warm.isAlive()) {
            close();
            readyMillis = request.startMillis;
            List<String> command = new ArrayList<>(small());
            command.addAll(common(WARM_HEAP_MIB));
            warm = new TestJvm(threads, random, command, folder, Map.of());
        }
        job.last = false;
        TestJvm.Outcome outcome = warm.ask(job, readyMillis, Math.min(request.wallMillis, WARM_MILLIS));
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

    /** The run-time image for programs of a few files. */
    private static List<String> small() {
        return List.of(
                HOME.resolve("rt/bin/java").toString(),
                "-Xshare:auto",
                "-XX:SharedArchiveFile=" + HOME.resolve("runner.jsa"));
    }

    /** Whole projects need parts of the platform that the image lacks. */
    private static List<String> whole(Platform platform) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "--limit-modules", platform.unsafe ? MODULES + "," + UNSAFE : MODULES));
        if (platform.unsafe) {
            OPENS.forEach(name -> command.addAll(List.of("--add-opens", name + "=ALL-UNNAMED")));
        }
        if (platform.older) {
            command.add(OLDER);
        }
        command.add("-Duser.country=US");
        return command;
    }

    private List<String> common(long heapMiB) {
        List<String> options = new ArrayList<>(OPTIONS);
        options.add("-Djava.io.tmpdir=" + folder);
        options.add("-Xmx" + heapMiB + "m");
        options.add("-cp");
        options.add(HOME.resolve("judge.jar") + ":" + String.join(":", Judge.LIBRARIES));
        options.add(Runner.class.getName());
        return options;
    }
}

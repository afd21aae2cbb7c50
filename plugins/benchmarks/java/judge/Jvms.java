package harness.judge;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;

/** The JVMs of a box: a fresh one for each job, and a warm one that shareable candidates use in turn. */
final class Jvms {
    /** The heap of the warm JVM. A candidate that needs more gets a fresh one. */
    static final long WARM_HEAP_MIB = 256;
    /** The stack of each of its threads: see Steps. */
    static final long WARM_STACK_MIB = 64;
    /** A job that takes longer in the warm JVM is repeated in a fresh one with the full limit. */
    private static final long WARM_MILLIS = 10_000;
    /** The time limit for the warm JVM to become ready: an earlier candidate may have stopped its process. */
    private static final long READY_MILLIS = 10_000;

    /**
     * The run-time image with {@code sun.misc.Unsafe}, which libraries of mock objects need, and which lets a program read all
     * of its memory, including the secrets. A project gets it only if the reference fix does not pass without it. A hostile
     * candidate can forge a pass in such a project.
     */
    private static final String UNSAFE = "rt-unsafe";
    /** The other run-time image. */
    private static final String SAFE = "rt";

    /** Packages that are opened together with UNSAFE: old libraries of mock objects define classes in them, and tests reflect on them. */
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
            "-XX:ActiveProcessorCount=1", // the same program on every host
            "-XX:-UsePerfData",
            "-XX:+DisableAttachMechanism",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-Dfile.encoding=UTF-8",
            "-Duser.language=en");

    /**
     * Options of a JVM that runs one program: most methods run so few times that compiling them takes longer. Calls take more
     * of the stack until they are compiled, for which they have twice the usual stack.
     */
    private static final List<String> ONCE = List.of("-XX:CompileThresholdScaling=10", "-Xss2m");

    /** Formats dates and numbers as Java 8 and older versions did. */
    private static final String OLDER = "-Djava.locale.providers=COMPAT";

    /**
     * A variant of the platform for tests of whole projects. A project gets the first one with which the reference fix
     * passes, or else the first one with which the fewest tests fail.
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
    private final Box box;
    private final Path folder;
    private TestJvm warm;
    /** What a candidate in a fresh JVM, which is the same user, must not have changed of the warm one. */
    private String warmState;

    /** @param threads six threads that exist already; see TestJvm */
    Jvms(ExecutorService threads, Box box) {
        this.threads = threads;
        this.box = box;
        this.folder = box.folder();
    }

    /**
     * Runs a job in a fresh JVM.
     *
     * @param platform the variant for tests of whole projects
     */
    TestJvm.Outcome runInFresh(Job job, Request request, Platform platform) throws IOException, InterruptedException {
        job.last = true;
        List<String> command = new ArrayList<>(request.isProject() ? projectCommand(platform) : image(SAFE));
        command.addAll(ONCE);
        command.addAll(commonOptions(request.heapMiB));
        try (TestJvm jvm = new TestJvm(threads, random, box.asCandidate(command), request.workFolder(folder), request.environment)) {
            return jvm.ask(job, request.startMillis, request.wallMillis);
        } finally {
            dropChangedWarm();
        }
    }

    /** Ends the warm JVM if a candidate in a fresh one stopped it, or set its limits or priority. */
    private void dropChangedWarm() throws IOException {
        boolean unchanged;
        try {
            unchanged = warm == null || Box.stateOf(warm.pid()).equals(warmState);
        } catch (IOException e) {
            unchanged = false; // it has ended
        }
        if (!unchanged) {
            close();
        }
    }

    /** Runs a job in the warm JVM. An outcome that is not clean must be ignored. */
    TestJvm.Outcome runInWarm(Job job, Request request) throws IOException, InterruptedException {
        long readyMillis = READY_MILLIS;
        if (warm == null || !warm.isAlive()) {
            close();
            readyMillis = request.startMillis;
            List<String> command = new ArrayList<>(image(SAFE));
            command.add("-Xss" + WARM_STACK_MIB + "m");
            command.addAll(commonOptions(WARM_HEAP_MIB));
            warm = new TestJvm(threads, random, box.asCandidate(command), folder, Map.of());
        }
        job.last = false;
        TestJvm.Outcome outcome = warm.ask(job, readyMillis, Math.min(request.wallMillis, WARM_MILLIS));
        if (!outcome.isClean()) {
            close();
        } else if (warmState == null) {
            warmState = Box.stateOf(warm.pid());
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
            warmState = null;
        }
    }

    /** The java command of a run-time image. */
    private static List<String> image(String name) {
        return List.of(
                HOME.resolve(name).resolve("bin/java").toString(),
                "-Xshare:auto",
                "-XX:SharedArchiveFile=" + HOME.resolve(name + ".jsa"));
    }

    /** The java command for whole projects. */
    private static List<String> projectCommand(Platform platform) {
        List<String> command = new ArrayList<>(image(platform.unsafe ? UNSAFE : SAFE));
        if (platform.unsafe) {
            OPENS.forEach(name -> command.addAll(List.of("--add-opens", name + "=ALL-UNNAMED")));
        }
        if (platform.older) {
            command.add(OLDER);
        }
        command.add("-Duser.country=US");
        return command;
    }

    private List<String> commonOptions(long heapMiB) {
        List<String> options = new ArrayList<>(OPTIONS);
        options.add("-Djava.io.tmpdir=" + folder);
        options.add("-Xmx" + heapMiB + "m");
        options.add("-cp");
        options.add(HOME.resolve("judge.jar") + ":" + String.join(":", Judge.LIBRARIES));
        options.add(Runner.class.getName());
        return options;
    }
}

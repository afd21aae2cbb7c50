package harness.judge;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.runner.notification.StoppedByUserException;

/**
 * The program of the JVMs in which candidates' tests run: one candidate, or several shareable ones after each other.
 *
 * <p>It reads the secrets and the job from standard input before it loads any class of the candidate. It writes two
 * messages to standard output, each after a secret: "ready" before the first class of the candidate is loaded, and one of
 * "passed", "failed" and "exceeded" at the end. The judge ignores all other output, since the candidate may have written it.
 *
 * <p>Only local variables hold secrets, which reflection cannot read, and the run-time image for programs of a few files
 * has no interface that reads memory. Whole projects get Unsafe if their tests need it: see Jvms.
 */
public final class Runner {
    /** Writes to a pipe up to this size are atomic, so that output of the candidate cannot split a message. */
    static final int MAX_MESSAGE = 4096;
    /** The largest message about the reference fix, which says what it did, and whose output is no attack. */
    static final int MAX_LEARNED = 48 << 10;

    /** How the names of the judge's classes and of its libraries' begin. */
    private static final List<String> OWN = List.of("harness.judge.", "org.junit.", "junit.", "org.hamcrest.");

    /** The list of the classes that are loaded before any of a candidate, a name a line. */
    private static final Path CLASSES = Path.of("/opt/harness/classes.txt");

    private Runner() {}

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        becomeOomVictim();
        loadAll();
        while (true) {
            Secrets secrets;
            Job job;
            try {
                secrets = Secrets.read(in);
                job = Job.read(in);
            } catch (EOFException e) {
                Runtime.getRuntime().halt(0);
                return;
            }
            answer(secrets, job, out);
            if (job.last) {
                // Without running shutdown hooks, and without waiting for threads that the candidate left behind.
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private static void answer(Secrets secrets, Job job, FileOutputStream out) throws IOException {
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        Fence.start(job);
        Equality.start(job);
        // The message is made now: a candidate may use up its steps where the stack or the memory is used up, too. This object
        // holds only the secret for "exceeded".
        byte[] exceeded = message(secrets.exceeded, new Tally(new Job()).encode());
        Steps.start(job.last ? () -> halt(out, exceeded) : null, job.steps);
        out.write(message(secrets.ready, new byte[0]));
        Tally tally = new Tally(job);
        if (job.learn) { // whose output is no attack
            tally.announce(new FileOutputStream(FileDescriptor.err));
        }
        Loader loader = new Loader(job);
        Steps.watch(loader);
        run(loader, job, tally);
        Steps.stop();
        byte[] secret = Steps.spent() ? secrets.exceeded : tally.passed() ? secrets.passed : secrets.failed;
        out.write(message(secret, tally.encode()));
    }

    /** Ends the JVM of a candidate that used up its steps, without running any more of its code. */
    private static void halt(FileOutputStream out, byte[] message) {
        try {
            out.write(message);
        } catch (IOException e) {
            // The judge has ended.
        }
        Runtime.getRuntime().halt(0);
    }

    /** Makes the kernel kill this process, and not the judge, if the box runs out of memory. */
    private static void becomeOomVictim() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException e) {
            // Then the kernel chooses the largest process, which is usually this one too.
        }
    }

    /**
     * Loads all classes of the judge, JUnit and Hamcrest, so that a candidate cannot define one of them first.
     */
    private static void loadAll() throws IOException {
        ClassLoader loader = Runner.class.getClassLoader();
        for (String name : new String(Files.readAllBytes(CLASSES), StandardCharsets.US_ASCII).split("\n")) {
            try {
                Class.forName(name, false, loader);
            } catch (ClassNotFoundException | LinkageError e) {
                // A class for libraries that are not there, such as one of the compiler.
            }
        }
    }

    private static void run(Loader loader, Job job, Tally tally) {
        Thread.currentThread().setContextClassLoader(loader);
        try {
            loader.loadAll();
            new Tests(loader, job.tests).run(tally.notifier(), tally::running);
        } catch (Tests.Missing e) {
            tally.missing = e.getMessage();
        } catch (StoppedByUserException e) {
            // A failure decided the verdict, so that the remaining tests need not run; or the candidate threw this.
            if (tally.failed == 0) {
                tally.failure("", "", e);
            }
        } catch (Throwable e) {
            tally.failure("", "", e);
        }
    }

    private static byte[] message(byte[] secret, byte[] payload) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.write(secret);
        new DataOutputStream(message).writeInt(payload.length);
        message.write(payload);
        return message.toByteArray();
    }

    /**
     * Loads the candidate's classes, then those of its class path. They cannot replace classes of the platform, of JUnit or
     * of the judge.
     */
    private static final class Loader extends URLClassLoader {
        private final Map<String, byte[]> classes;
        private final Set<String> candidate;

        Loader(Job job) throws MalformedURLException {
            super("candidate", urls(job.classpath), Runner.class.getClassLoader());
            this.classes = job.classes;
            this.candidate = Set.copyOf(job.candidate);
        }

        /** Loads all classes, so that none can be replaced once the code of the candidate runs. */
        void loadAll() throws ClassNotFoundException {
            for (String name : classes.keySet()) {
                loadClass(name);
            }
        }

        private static URL[] urls(List<String> paths) throws MalformedURLException {
            URL[] urls = new URL[paths.size()];
            for (int i = 0; i < urls.length; i++) {
                Path path = Path.of(paths.get(i));
                // URLClassLoader recognizes folders by a final slash, which toUri adds for existing folders.
                urls[i] = path.toUri().toURL();
            }
            return urls;
        }

        private static boolean isOwn(String name) {
            for (String start : OWN) { // a stream takes a new JVM long
                if (name.startsWith(start)) {
                    return true;
                }
            }
            return false;
        }

        /** Loads a class of the candidate without asking the loader of the judge, which would look for it in every jar. */
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!classes.containsKey(name) || isOwn(name)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> type = findLoadedClass(name);
                if (type != null) {
                    return type;
                }
                try {
                    return getPlatformClassLoader().loadClass(name);
                } catch (ClassNotFoundException e) {
                    return findClass(name);
                }
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) {
                return super.findClass(name);
            }
            if (!candidate.contains(name)) {
                return defineClass(name, bytes, 0, bytes.length);
            }
            Class<?> type = defineClass(name, bytes, 0, bytes.length, Fence.CANDIDATE);
            Fence.admit(type);
            return type;
        }
    }
}

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.runner.notification.StoppedByUserException;

/**
 * The program of the JVMs in which candidates' tests run: one candidate, or tame ones one after the other.
 *
 * <p>Everything arrives on standard input before any candidate class is loaded: the secrets and the job. Two messages
 * leave on standard output, each behind a secret: "ready" before the first candidate class is loaded, and one of "passed",
 * "failed" and "exceeded" at the end. Whatever else appears on standard output is the candidate's and is not believed.
 *
 * <p>Secrets are held by local variables only, which no reflection reaches, and what programs of a few files run on has
 * no interface that reads memory. Whole projects get Unsafe where their tests need it: see Jvms.
 */
public final class Runner {
    /** A pipe takes writes up to this size in one piece, so that a chatty candidate cannot split a message. */
    static final int MAX_MESSAGE = 4096;

    private Runner() {}

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        volunteer();
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
                // Neither shutdown hooks nor threads left behind by the candidate get a say after this.
                Runtime.getRuntime().halt(0);
            }
        }
    }

    private static void answer(Secrets secrets, Job job, FileOutputStream out) throws IOException {
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        byte[] exceeded = secrets.exceeded;
        // A candidate can get hold of this by reflection. It holds nothing but the word that ends it.
        Steps.start(job.last ? () -> halt(out, exceeded) : null, job.steps);
        send(out, secrets.ready, new byte[0]);
        Tally tally = new Tally(job);
        run(new Loader(job), job, tally);
        send(out, Steps.spent() ? exceeded : tally.passed() ? secrets.passed : secrets.failed, tally.encode());
    }

    /** The end of a JVM whose candidate has used up its steps: no code of the candidate's runs any more. */
    private static void halt(FileOutputStream out, byte[] secret) {
        try {
            send(out, secret, new Tally(new Job()).encode());
        } catch (IOException e) {
            // The judge is gone.
        }
        Runtime.getRuntime().halt(0);
    }

    /** Makes this process, not the judge, the one that the kernel kills when the box runs out of memory. */
    private static void volunteer() {
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        } catch (IOException e) {
            // Then the kernel chooses by size, which is most often this one too.
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
            // A failure decided the verdict, and the rest need not run; or the candidate threw it.
            if (tally.failed == 0) {
                tally.failure("", "", e);
            }
        } catch (Throwable e) {
            tally.failure("", "", e);
        }
    }

    private static void send(OutputStream out, byte[] secret, byte[] payload) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.write(secret);
        new DataOutputStream(message).writeInt(payload.length);
        message.write(payload);
        out.write(message.toByteArray());
        out.flush();
    }

    /**
     * The candidate's classes, then those of its class path. Parent first: neither can replace JUnit or the judge by
     * classes of the same name.
     */
    private static final class Loader extends URLClassLoader {
        private final Map<String, byte[]> classes;

        Loader(Job job) throws MalformedURLException {
            super("candidate", urls(job.classpath), Runner.class.getClassLoader());
            this.classes = job.classes;
        }

        /** Loads all classes, so that none can be replaced once code of the candidate's runs. */
        void loadAll() throws ClassNotFoundException {
            for (String name : classes.keySet()) {
                loadClass(name);
            }
        }

        private static URL[] urls(List<String> paths) throws MalformedURLException {
            URL[] urls = new URL[paths.size()];
            for (int i = 0; i < urls.length; i++) {
                Path path = Path.of(paths.get(i));
                // URLClassLoader tells folders by a final slash, which toUri adds for folders that are there.
                urls[i] = path.toUri().toURL();
            }
            return urls;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            return bytes == null ? super.findClass(name) : defineClass(name, bytes, 0, bytes.length);
        }
    }
}

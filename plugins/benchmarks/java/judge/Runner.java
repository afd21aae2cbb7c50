package harness.judge;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.runner.notification.StoppedByUserException;
import org.junit.runners.Suite;

/**
 * The program of the fresh JVM in which one candidate's tests run.
 *
 * <p>Everything arrives on standard input before any candidate class is loaded: the secrets, the test classes' names and
 * the classes' bytes. Two messages leave on standard output, each behind a secret: "ready" before the first candidate
 * class is loaded, and one of "passed" and "failed" after the last test. Whatever else appears on standard output is the
 * candidate's and is not believed.
 */
public final class Runner {
    /** A pipe takes writes up to this size in one piece, so that a chatty candidate cannot split a message. */
    static final int MAX_MESSAGE = 4096;

    private Runner() {}

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        Secrets secrets = new Secrets(
                in.readNBytes(Secrets.LENGTH), in.readNBytes(Secrets.LENGTH), in.readNBytes(Secrets.LENGTH));
        String[] tests = new String[in.readInt()];
        for (int i = 0; i < tests.length; i++) {
            tests[i] = in.readUTF();
        }
        Map<String, byte[]> classes = new HashMap<>();
        for (int n = in.readInt(); n > 0; n--) {
            String name = in.readUTF();
            classes.put(name, in.readNBytes(in.readInt()));
        }
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        volunteer();
        send(out, secrets.ready(), new byte[0]);

        Tally tally = new Tally();
        run(new Loader(classes), tests, tally);
        send(out, tally.passed() ? secrets.passed() : secrets.failed(), tally.encode());
        // Neither shutdown hooks nor threads left behind by the candidate get a say after this.
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

    private static void run(Loader loader, String[] tests, Tally tally) {
        Thread.currentThread().setContextClassLoader(loader);
        Class<?>[] classes = new Class<?>[tests.length];
        for (int i = 0; i < tests.length; i++) {
            try {
                classes[i] = Class.forName(tests[i], false, loader);
            } catch (ClassNotFoundException e) {
                tally.missing = tests[i];
                return;
            } catch (Throwable e) {
                tally.failure(tests[i], e);
                return;
            }
        }
        try {
            new Suite(new Patience(), classes).run(tally.notifier());
        } catch (StoppedByUserException e) {
            // The first failure decides the verdict; the rest need not run.
        } catch (Throwable e) {
            tally.failure("", e);
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

    /** Parent first: a candidate cannot replace JUnit or the judge by classes of the same name. */
    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> classes;

        Loader(Map<String, byte[]> classes) {
            super("candidate", Runner.class.getClassLoader());
            this.classes = classes;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}

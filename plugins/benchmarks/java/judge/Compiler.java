package harness.judge;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles sources held in memory to classes held in memory. One instance serves a whole box: the compiler's own code
 * is hot after a few programs, and the platform's class files are indexed once. Not for use by two threads at once.
 */
final class Compiler {
    private static final int MAX_MESSAGES = 8 << 10;
    // No annotation processors: they are code that would run inside the judge.
    private static final List<String> OPTIONS =
            List.of("-proc:none", "-nowarn", "-g", "-implicit:none", "-Xmaxerrs", "20");

    private static final String TOO_DEEP = "the compiler's stack overflowed: the source is nested too deeply\n";

    /** What a compilation gave: classes by binary name, or the reason why there are none. */
    static final class Result {
        boolean ok;
        String messages = "";
        /** The source of the first error, or "" where the compiler named none. */
        String file = "";
        Map<String, byte[]> classes = Map.of();

        static Result failed(String message) {
            Result result = new Result();
            result.messages = message + "\n";
            return result;
        }
    }

    private final JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager platform =
            javac.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);

    /** Compiles something, so that the first candidate does not wait for the compiler to load. */
    void warm() {
        compile(Train.PROGRAM, Judge.LIBRARIES);
    }

    Result compile(Map<String, String> sources, List<String> classpath) {
        Result result = new Result();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((path, text) -> units.add(new Source(path, text)));
        try {
            List<File> jars = new ArrayList<>();
            classpath.forEach(entry -> jars.add(new File(entry)));
            platform.setLocation(StandardLocation.CLASS_PATH, jars);
            Memory memory = new Memory(platform);
            StringBuilder notes = new StringBuilder();
            var log = new java.io.Writer() {
                @Override
                public void write(char[] text, int offset, int length) {
                    if (notes.length() < MAX_MESSAGES) {
                        notes.append(text, offset, Math.min(length, MAX_MESSAGES));
                    }
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };
            result.ok = javac.getTask(log, memory, diagnostics, OPTIONS, null, units).call();
            result.classes = memory.classes();
            // javac reports its own crashes as text for its developers.
            result.messages = notes.indexOf("java.lang.StackOverflowError") >= 0 ? TOO_DEEP : notes.toString();
        } catch (StackOverflowError e) {
            result.messages = TOO_DEEP;
        } catch (OutOfMemoryError e) {
            result.messages = "the compiler ran out of memory\n";
        } catch (IOException | RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            result.messages = "the compiler failed: " + cause + "\n";
        }
        if (!result.ok) {
            describe(result, diagnostics.getDiagnostics());
        }
        return result;
    }

    private static void describe(Result result, List<Diagnostic<? extends JavaFileObject>> diagnostics) {
        StringBuilder messages = new StringBuilder();
        for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics) {
            if (diagnostic.getKind() != Diagnostic.Kind.ERROR) {
                continue;
            }
            String file = diagnostic.getSource() instanceof Source source ? source.path : "";
            if (result.file.isEmpty()) {
                result.file = file;
            }
            messages.append(file).append(':').append(diagnostic.getLineNumber()).append(": ")
                    .append(diagnostic.getMessage(Locale.ROOT)).append('\n');
        }
        messages.append(result.messages);
        result.messages = messages.length() <= MAX_MESSAGES ? messages.toString() : messages.substring(0, MAX_MESSAGES);
    }

    private static final class Source extends SimpleJavaFileObject {
        final String path;
        private final String text;

        Source(String path, String text) {
            super(URI.create("memory:///" + encode(path)), Kind.SOURCE);
            this.path = path;
            this.text = text;
        }

        private static String encode(String path) {
            return java.net.URLEncoder.encode(path, StandardCharsets.UTF_8).replace("%2F", "/").replace("+", "%20");
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** Keeps what javac writes. Reading goes to the platform and the class path only. */
    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();

        Memory(JavaFileManager platform) {
            super(platform);
        }

        Map<String, byte[]> classes() {
            Map<String, byte[]> classes = new LinkedHashMap<>();
            written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
            return classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + name.replace('.', '/') + kind.extension), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    written.put(name, bytes);
                    return bytes;
                }
            };
        }

        @Override
        public void close() {
            // The platform's file manager lives as long as the compiler.
        }
    }
}

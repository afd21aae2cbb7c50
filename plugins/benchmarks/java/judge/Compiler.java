package harness.judge;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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
 * Compiles sources in memory to classes in memory. One instance serves a box, so that the compiler is warm after a few
 * programs and indexes the platform's class files only once. It is not thread-safe.
 */
final class Compiler {
    private static final int MAX_MESSAGES = 8 << 10;
    // No annotation processors, whose code would run inside the judge. Texts are concatenated by a StringBuilder: a fresh JVM
    // takes 10 ms to make its first method that concatenates.
    private static final List<String> OPTIONS =
            List.of("-proc:none", "-nowarn", "-g", "-implicit:none", "-Xmaxerrs", "20", "-XDstringConcat=inline");

    private static final String TOO_DEEP = "the compiler's stack overflowed: the source is nested too deeply\n";

    /** The result of a compilation: classes by binary name, or the reason why there are none. */
    static final class Result {
        boolean ok;
        /** Whether memory ran out, after which the compiler must not be used again. */
        boolean exhausted;

        String messages = "";
        /** The source of the first error, or "" if the compiler named none. */
        String file = "";
        Map<String, byte[]> classes = Map.of();
        /** The path of the source of each class. */
        Map<String, String> origins = Map.of();

        static Result failed(String message) {
            Result result = new Result();
            result.messages = message + "\n";
            return result;
        }
    }

    private final JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager platform =
            javac.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
    private List<String> classpath = List.of();

    /**
     * @param sources texts by path
     * @param known classes by binary name that sources may use
     * @param classpath folders and jars with further classes; JUnit is added
     * @param options of the compiler, in addition to OPTIONS
     */
    Result compile(
            Map<String, String> sources, Map<String, byte[]> known, List<String> classpath, List<String> options) {
        Result result = new Result();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((path, text) -> units.add(new Source(path, text)));
        List<String> all = new ArrayList<>(OPTIONS);
        all.addAll(options);
        try {
            List<String> entries = new ArrayList<>(classpath);
            entries.addAll(Judge.LIBRARIES);
            setClasspath(entries);
            Memory memory = new Memory(platform, known);
            StringBuilder notes = new StringBuilder();
            java.io.Writer log = new java.io.Writer() {
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
            result.ok = javac.getTask(log, memory, diagnostics, all, null, units).call();
            result.classes = memory.classes();
            result.origins = memory.origins;
            // javac reports its own crashes as text.
            result.exhausted = notes.indexOf("java.lang.OutOfMemoryError") >= 0;
            result.messages = notes.indexOf("java.lang.StackOverflowError") >= 0 ? TOO_DEEP
                    : result.exhausted ? "the compiler ran out of memory\n" : notes.toString();
        } catch (StackOverflowError e) {
            result.messages = TOO_DEEP;
        } catch (OutOfMemoryError e) {
            result.exhausted = true;
            result.messages = "the compiler ran out of memory\n";
        } catch (IOException | RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            result.exhausted = cause instanceof OutOfMemoryError;
            result.messages = "the compiler failed: " + cause + "\n";
        }
        if (!result.ok) {
            describe(result, diagnostics.getDiagnostics());
        }
        return result;
    }

    /** Sets the class path if it changed: setting it makes the file manager drop its index. */
    private void setClasspath(List<String> entries) throws IOException {
        if (entries.equals(classpath)) {
            return;
        }
        List<File> files = new ArrayList<>();
        entries.forEach(entry -> files.add(new File(entry)));
        platform.setLocation(StandardLocation.CLASS_PATH, files);
        // Otherwise a source among the resources would be compiled instead of using an older class.
        platform.setLocation(StandardLocation.SOURCE_PATH, List.of());
        classpath = List.copyOf(entries);
    }

    private static void describe(Result result, List<Diagnostic<? extends JavaFileObject>> diagnostics) {
        StringBuilder messages = new StringBuilder();
        for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics) {
            if (diagnostic.getKind() != Diagnostic.Kind.ERROR) {
                continue;
            }
            String file = diagnostic.getSource() instanceof Source ? ((Source) diagnostic.getSource()).path : "";
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

    /** A class that was compiled before. */
    private static final class Known extends SimpleJavaFileObject {
        final String name;
        private final byte[] bytes;

        Known(String name, byte[] bytes) {
            super(URI.create("memory:///" + Source.encode(name.replace('.', '/')) + Kind.CLASS.extension), Kind.CLASS);
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(bytes);
        }
    }

    /** Keeps the classes that javac writes, and lists known classes to it, before those of the platform and the class path. */
    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        final Map<String, String> origins = new HashMap<>();
        private final Map<String, ByteArrayOutputStream> written = new LinkedHashMap<>();
        private final Map<String, byte[]> known;

        Memory(JavaFileManager platform, Map<String, byte[]> known) {
            super(platform);
            this.known = known;
        }

        Map<String, byte[]> classes() {
            Map<String, byte[]> classes = new LinkedHashMap<>();
            written.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
            return classes;
        }

        @Override
        public Iterable<JavaFileObject> list(
                Location location, String packageName, Set<JavaFileObject.Kind> kinds, boolean recurse)
                throws IOException {
            Iterable<JavaFileObject> others = super.list(location, packageName, kinds, recurse);
            if (location != StandardLocation.CLASS_PATH || !kinds.contains(JavaFileObject.Kind.CLASS)) {
                return others;
            }
            List<JavaFileObject> all = new ArrayList<>();
            known.forEach((name, bytes) -> {
                int dot = name.lastIndexOf('.');
                if (packageName.equals(dot < 0 ? "" : name.substring(0, dot))) {
                    all.add(new Known(name, bytes));
                }
            });
            others.forEach(all::add);
            return all;
        }

        @Override
        public String inferBinaryName(Location location, JavaFileObject file) {
            return file instanceof Known ? ((Known) file).name : super.inferBinaryName(location, file);
        }

        @Override
        public boolean isSameFile(FileObject a, FileObject b) {
            return a == b || !(a instanceof Known) && !(b instanceof Known) && super.isSameFile(a, b);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            if (sibling instanceof Source) {
                origins.put(name, ((Source) sibling).path);
            }
            URI uri = URI.create("memory:///" + Source.encode(name.replace('.', '/')) + kind.extension);
            return new SimpleJavaFileObject(uri, kind) {
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
            // The platform's file manager stays open as long as the compiler.
        }
    }
}

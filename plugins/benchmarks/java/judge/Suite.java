package harness.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What all candidates of one bug share: tests and helpers, compiled once against the program with the reference fix, and
 * the step budget of a candidate's tests.
 */
final class Suite {
    /** A program that is ready to run, or the reason why it does not compile. */
    static final class Program {
        boolean ok;
        String messages = "";
        /** Where the first error is: "program", or "test" if it is not in the candidate's file. */
        String stage = "program";
        /** Whether compiling it used up the time limit or the memory. */
        boolean exhausted;
        /** Whether it may run in the warm JVM. */
        boolean shareable;
        /** Instrumented classes by binary name. */
        Map<String, byte[]> classes = Map.of();
    }

    private final Compiler compiler;
    /** Tests and helpers by binary name, as compiled and instrumented. Empty if the reference does not compile. */
    private final Map<String, byte[]> plain = new HashMap<>();

    private final Map<String, byte[]> instrumented = new HashMap<>();
    /** The Api that tests and helpers were compiled against, or null. */
    private List<String> api;
    /**
     * Whether objects of the program may have identity hash codes, on which the order of hash tables depends. These differ
     * with what the JVM did before.
     */
    private boolean identities;
    /** Whether the tests are shareable. */
    private boolean shareable;

    private int referenceClasses;

    /** The step budget of a test with a candidate. */
    long steps;

    long referenceSteps;

    /** The number of tests that run with the reference; 0: unknown. */
    int referenceTests;

    /** Whether the reference passes in this box. If not, failures of candidates may have other causes. */
    boolean referencePasses;

    /** The variant of the platform for a project's tests. */
    Jvms.Platform platform = Jvms.Platform.values()[0];

    /** Compiles a request's files with the reference. Errors in them are reported when a candidate is compiled. */
    Suite(Compiler compiler, Request request) {
        this.compiler = compiler;
        this.steps = request.stepsFloor;
        String text = request.isProject() ? request.original : request.reference;
        if (text.isEmpty()) {
            return;
        }
        Map<String, String> sources = request.isProject() ? Map.of(request.path, text) : sources(request, text);
        Compiler.Result result = compiler.compile(sources, Map.of(), request.classpath, request.options);
        if (result.exhausted) {
            throw new IllegalStateException(result.messages.strip());
        }
        if (!result.ok) {
            return;
        }
        Map<String, byte[]> program = new HashMap<>();
        result.classes.forEach((name, bytes) -> {
            if (request.path.equals(result.origins.get(name))) {
                program.put(name, bytes);
            } else {
                plain.put(name, bytes);
                instrumented.put(name, Meter.instrument(bytes));
            }
        });
        api = Api.of(program);
        referenceClasses = program.size();
        // A project's tests need its folder, and are not checked.
        shareable = !request.isProject() && Shareable.isSuite(plain, program.keySet());
        identities = !plain.keySet().stream().allMatch(name -> isTest(name, request.tests));
    }

    private static boolean isTest(String name, List<String> tests) {
        return tests.stream().anyMatch(test -> {
            String type = test.split("::")[0];
            return name.equals(type) || name.startsWith(type + "$");
        });
    }

    /** Sets the number of tests and the step budget of candidates from the run of the reference. */
    void setLimits(Request request, Tally tally) {
        referencePasses = true;
        referenceTests = tally.run;
        referenceSteps = tally.steps;
        long most = Math.max(request.stepsCap, request.stepsCapFactor * referenceSteps);
        steps = Math.max(request.stepsFloor, Math.min(most, request.stepsFactor * referenceSteps));
    }

    /**
     * Compiles a text in place of the reference, against the compiled classes. Returns null if that is not enough, because
     * the text changes what others compile against.
     */
    Program compileAlone(Request request, String text) {
        if (api == null) {
            return null;
        }
        Compiler.Result result =
                compiler.compile(Map.of(request.path, text), plain, request.classpath, request.options);
        if (!result.ok) {
            return failed(request, result);
        }
        boolean hides = result.classes.keySet().stream().anyMatch(plain::containsKey);
        return !hides && Api.of(result.classes).equals(api) ? ready(request, result) : null;
    }

    /** Compiles a text with all other sources. */
    Program compileAll(Request request, String text) {
        Compiler.Result result =
                compiler.compile(sources(request, text), Map.of(), request.classpath, request.options);
        return result.ok ? ready(request, result) : failed(request, result);
    }

    private Program ready(Request request, Compiler.Result result) {
        Map<String, byte[]> classes = result.classes;
        Program program = new Program();
        program.ok = true;
        program.shareable = shareable
                && !identities
                && classes.size() == referenceClasses
                && Shareable.isCandidate(classes, plain.keySet());
        program.classes = new HashMap<>(instrumented);
        classes.forEach((name, bytes) -> {
            // In a project only the candidate's file counts steps, even if others are compiled with it, as when the steps
            // of the reference were counted.
            boolean counts = !request.isProject() || request.path.equals(result.origins.get(name));
            byte[] counting = counts ? Meter.instrument(bytes) : bytes;
            program.shareable &= counting != bytes; // otherwise the exceptions that it catches go unnoticed
            program.classes.put(name, counting);
        });
        return program;
    }

    private static Program failed(Request request, Compiler.Result result) {
        Program program = new Program();
        program.messages = result.messages;
        program.exhausted = result.exhausted;
        program.stage = result.file.isEmpty() || result.file.equals(request.path) ? "program" : "test";
        return program;
    }

    private static Map<String, String> sources(Request request, String text) {
        Map<String, String> sources = new LinkedHashMap<>();
        sources.put(request.path, text);
        request.files.forEach(sources::putIfAbsent);
        for (String folder : request.sources) {
            Path tree = Path.of(request.tree);
            try (Stream<Path> paths = Files.walk(Path.of(folder))) {
                for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                    // A project is not compiled as a module, since its tests and libraries are not in one.
                    boolean module = path.endsWith("module-info.java");
                    if (path.toString().endsWith(".java") && !module) {
                        String source = new String(Files.readAllBytes(path), request.encoding());
                        sources.putIfAbsent(tree.relativize(path).toString(), source);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("read the sources in " + folder, e);
            }
        }
        return sources;
    }
}

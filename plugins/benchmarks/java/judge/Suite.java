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
 * the number of steps that a candidate may take.
 */
final class Suite {
    /** A program that is ready to run, or the reason why it does not compile. */
    static final class Program {
        boolean ok;
        String messages = "";
        /** Whose the first error is: "program", or "test" where the candidate itself may be in order. */
        String stage = "program";
        /** Whether compiling it took all the time or memory there was. */
        boolean exhausted;
        /** Whether it may share a JVM with others. */
        boolean tame;
        /** Metered classes by binary name. */
        Map<String, byte[]> classes = Map.of();
    }

    private final Compiler compiler;
    /** Tests and helpers by binary name, as compiled and metered. Empty where the reference does not compile. */
    private final Map<String, byte[]> plain = new HashMap<>();

    private final Map<String, byte[]> metered = new HashMap<>();
    /** What tests and helpers may have compiled against, or null. */
    private List<String> api;
    /**
     * Whether objects of the program's own may be told apart by nothing but their identity. The hash codes of such
     * objects, and with them the order of hash tables, depend on what the JVM did before.
     */
    private boolean identities;
    /** Whether the tests leave nothing behind in the JVM that they run in. */
    private boolean tame;

    private int referenceClasses;

    /** How many steps a candidate's test may take. */
    long steps;

    long referenceSteps;

    /** How many tests run with the reference; 0: unknown. */
    int referenceTests;

    /** Whether the reference passes here: if not, what candidates fail may be no fault of theirs. */
    boolean referencePasses;

    /** What a project's tests get of the platform. */
    Jvms.Platform platform = Jvms.Platform.values()[0];

    /** Compiles a request's files with the reference. What is wrong with them shows when a candidate is compiled. */
    Suite(Compiler compiler, Request request) {
        this.compiler = compiler;
        this.steps = request.stepsFloor;
        String text = request.isWhole() ? request.original : request.reference;
        if (text.isEmpty()) {
            return;
        }
        Map<String, String> sources = request.isWhole() ? Map.of(request.path, text) : sources(request, text);
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
                metered.put(name, Meter.instrument(bytes));
            }
        });
        api = Api.of(program);
        referenceClasses = program.size();
        // A project's tests are not looked at, and need its folder.
        tame = !request.isWhole() && Tame.isSuite(plain, program.keySet());
        identities = !plain.keySet().stream().allMatch(name -> isTest(name, request.tests));
    }

    private static boolean isTest(String name, List<String> tests) {
        return tests.stream().anyMatch(test -> {
            String type = test.split("::")[0];
            return name.equals(type) || name.startsWith(type + "$");
        });
    }

    /** Takes the reference's tests as the measure of those of candidates, in number and in steps. */
    void measured(Request request, Tally tally) {
        referencePasses = true;
        referenceTests = tally.run;
        referenceSteps = tally.steps;
        long most = Math.max(request.stepsPlenty, request.stepsLeast * referenceSteps);
        steps = Math.max(request.stepsFloor, Math.min(most, request.stepsFactor * referenceSteps));
    }

    /**
     * Compiles a text in the place of the reference, against what has been compiled already. Returns null where that is
     * not enough, since the text changes what others compile against.
     */
    Program alone(Request request, String text) {
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

    /** Compiles a text with all the sources there are. */
    Program together(Request request, String text) {
        Compiler.Result result =
                compiler.compile(sources(request, text), Map.of(), request.classpath, request.options);
        return result.ok ? ready(request, result) : failed(request, result);
    }

    private Program ready(Request request, Compiler.Result result) {
        Map<String, byte[]> classes = result.classes;
        Program program = new Program();
        program.ok = true;
        program.tame = tame
                && !identities
                && classes.size() == referenceClasses
                && Tame.isCandidate(classes, plain.keySet());
        program.classes = new HashMap<>(metered);
        classes.forEach((name, bytes) -> {
            // Of a project only the candidate's file counts its steps, whatever is compiled with it: with the reference no
            // more than that was measured.
            boolean counts = !request.isWhole() || request.path.equals(result.origins.get(name));
            byte[] counting = counts ? Meter.instrument(bytes) : bytes;
            program.tame &= counting != bytes; // what it catches would not be seen
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
                    // A project is compiled as no module: its tests, and its libraries, are not in one.
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

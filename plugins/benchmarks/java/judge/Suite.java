package harness.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        /** What its result may depend on. */
        Chance chance;
        /** Instrumented classes by binary name. */
        Map<String, byte[]> classes = Map.of();
        /** The names of those of the candidate's file. */
        Set<String> own = Set.of();
    }

    private final Compiler compiler;
    /** Tests and helpers by binary name, as compiled and instrumented. Empty if the reference does not compile. */
    private final Map<String, byte[]> plain = new HashMap<>();

    private final Map<String, byte[]> instrumented = new HashMap<>();
    /** How far candidates may reach. */
    final Reach reach;
    /** What the reference did beyond computing: see {@link Fence}. */
    List<String> granted = List.of();
    /** See {@link Job}. */
    boolean open;

    boolean oneSided;
    /** The Api that tests and helpers were compiled against, or null. */
    private List<String> api;
    /** The outermost classes of the bug's versions. Tests see no others of a candidate. */
    private final Set<String> names = new HashSet<>();
    /** Read by another thread when a compilation takes too long. */
    private volatile boolean around;
    /** Whether the tests are shareable. */
    private boolean shareable;

    /** The step budget of a test with a candidate. */
    long steps;

    long referenceSteps;

    /** The number of tests that run with the reference; 0: unknown. */
    int referenceTests;

    /** Whether the reference passes in this box. */
    boolean referencePasses;
    /** Why it does not, or "". */
    String problem = "";

    /** The variant of the platform for a project's tests. */
    Jvms.Platform platform = Jvms.Platform.values()[0];

    /** Compiles a request's files with the reference. Errors in them are reported when a candidate is compiled. */
    Suite(Compiler compiler, Request request) {
        this.compiler = compiler;
        this.steps = request.stepsFloor;
        this.reach = new Reach(request.tests);
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
                instrumented.put(name, isTest(name, request.tests) ? Meter.instrumentTest(bytes) : Meter.instrument(bytes));
            }
        });
        api = Api.of(program);
        program.keySet().forEach(name -> names.add(outermost(name)));
        // A project's tests need its folder, and are not checked.
        shareable = !request.isProject() && Shareable.isSuite(plain, program.keySet());
    }

    /** Whether candidates may write to files of the project, since the reference does. */
    boolean writes() {
        return granted.stream().anyMatch(line -> line.startsWith("java.io.FilePermission ") && !line.endsWith(" read"));
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
     * Compiles a text in place of the reference, against the compiled classes; and what depends on it again, if the text
     * changes what others compile against.
     *
     * @param trusted whether the text is a version of the bug, so that candidates may do what it does
     */
    Program compile(Request request, String text, boolean trusted) {
        around = api == null;
        if (api == null) {
            Compiler.Result all = compiler.compile(sources(request, text), Map.of(), request.classpath, request.options);
            return all.ok ? ready(request, all, trusted) : failed(request, all);
        }
        Compiler.Result result =
                compiler.compile(Map.of(request.path, text), plain, request.classpath, request.options);
        if (!result.ok) {
            return failed(request, result);
        }
        if (trusted) {
            result.classes.keySet().forEach(name -> names.add(outermost(name)));
        }
        Map<String, byte[]> seen = new HashMap<>(result.classes);
        seen.keySet().removeIf(name -> !names.contains(outermost(name)));
        boolean hides = result.classes.keySet().stream().anyMatch(plain::containsKey);
        if (!hides && Api.of(seen).equals(api)) {
            return ready(request, result, trusted);
        }
        return compileAround(request, text, result, seen, trusted);
    }

    /**
     * Compiles everything but a candidate's file against the candidate's classes.
     *
     * @param seen the classes that are visible then: those of the bug's versions. A class of the candidate's own in the
     *     package of the tests could otherwise take the place of one of the platform or of JUnit.
     */
    private Program compileAround(
            Request request, String text, Compiler.Result result, Map<String, byte[]> seen, boolean trusted) {
        around = true;
        Map<String, String> others = sources(request, text);
        others.remove(request.path);
        Compiler.Result all = compiler.compile(others, seen, request.classpath, request.options);
        if (!all.ok) {
            return failed(request, all);
        }
        Map<String, byte[]> classes = new HashMap<>(all.classes);
        for (Map.Entry<String, byte[]> own : result.classes.entrySet()) {
            if (classes.put(own.getKey(), own.getValue()) != null) {
                return failed(request, Compiler.Result.failed(request.path + ": duplicate class: " + own.getKey()));
            }
        }
        Map<String, String> origins = new HashMap<>(all.origins);
        origins.putAll(result.origins);
        all.classes = classes;
        all.origins = origins;
        return ready(request, all, trusted);
    }

    /** Whether more than the candidate's file was compiled last. */
    boolean compilesAround() {
        return around;
    }

    private static String outermost(String name) {
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private Program ready(Request request, Compiler.Result result, boolean trusted) {
        Map<String, byte[]> classes = new HashMap<>(result.classes);
        Map<String, byte[]> own = new HashMap<>(classes);
        own.keySet().removeIf(name -> !request.path.equals(result.origins.get(name)));
        if (trusted) {
            reach.grant(own);
        }
        classes.putAll(reach.bound(own));
        Program program = new Program();
        program.ok = true;
        program.own = own.keySet();
        program.shareable = shareable && Shareable.isCandidate(classes, plain.keySet());
        program.chance = new Chance(own);
        program.classes = new HashMap<>(instrumented);
        classes.forEach((name, bytes) -> {
            // In a project only the candidate's file counts steps, even if others are compiled with it, as when the steps
            // of the reference were counted.
            boolean counts = !request.isProject() || own.containsKey(name);
            boolean test = !own.containsKey(name) && isTest(name, request.tests);
            byte[] counting = !counts ? bytes : test ? Meter.instrumentTest(bytes) : Meter.instrument(bytes);
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

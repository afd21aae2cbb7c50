package harness.judge;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request about one candidate. */
final class Request {
    /** Path and text of the candidate's file. */
    final String path;

    final String text;
    /** Further sources by path: tests, helpers. They are compiled once for all candidates of a bug. */
    final Map<String, String> files;
    /** The text of the candidate's file with the reference fix, or "". Its steps determine those of the candidates. */
    final String reference;
    /** The text of the candidate's file before any fix, or "". A candidate may do what it does, as what the reference does. */
    final String buggy;
    /** Whether the reference may fail, since the bug's fix changes other files, too. */
    final boolean referenceMayFail;
    /** The text of the candidate's file with which the class path was compiled, or "". */
    final String original;
    /** Test classes, or {@code Class::method}. */
    final List<String> tests;

    final List<String> forgiven;
    final List<String> known;
    final boolean all;
    /** Compiled classes and jars in the box. */
    final List<String> classpath;
    /** A folder in the box whose copy is the working folder of tests, or "". */
    final String tree;
    /** Folders of sources in the box that are compiled too if a candidate changes what they compile against. */
    final List<String> sources;
    /** Options of the compiler, such as the source level. */
    final List<String> options;

    final Map<String, String> environment;
    final long heapMiB;
    /** Time limits: of the tests and of the start of a JVM by the clock, of a compilation in processor time. */
    final long wallMillis;

    final long startMillis;
    final long compileMillis;
    /** The step budget of a test; see java.go. */
    final long stepsFloor;

    final long stepsFactor;
    final long stepsCap;
    final long stepsCapFactor;

    /** Reads a request. Throws an IllegalArgumentException for a missing or mistyped member. */
    Request(Object value) {
        Map<?, ?> map = object(value, "the request");
        Map<?, ?> candidate = object(map.get("candidate"), "the candidate");
        path = text(candidate.get("path"));
        text = text(candidate.get("text"));
        files = texts(map.get("files"));
        reference = text(map.get("reference"));
        buggy = text(map.get("buggy"));
        referenceMayFail = Boolean.TRUE.equals(map.get("referenceMayFail"));
        original = text(map.get("original"));
        tests = strings(map.get("tests"));
        forgiven = strings(map.get("forgiven"));
        known = strings(map.get("known"));
        all = Boolean.TRUE.equals(map.get("all"));
        classpath = strings(map.get("classpath"));
        tree = text(map.get("tree"));
        sources = strings(map.get("sources"));
        options = strings(map.get("options"));
        environment = texts(map.get("environment"));
        heapMiB = number(map, "heapMiB");
        wallMillis = number(map, "wallMillis");
        startMillis = number(map, "startMillis");
        compileMillis = number(map, "compileMillis");
        stepsFloor = number(map, "stepsFloor");
        stepsFactor = number(map, "stepsFactor");
        stepsCap = number(map, "stepsCap");
        stepsCapFactor = number(map, "stepsCapFactor");
        if (path.isEmpty() || tests.isEmpty()) {
            throw new IllegalArgumentException("the request lacks the file or the tests");
        }
    }

    /** Whether the candidate belongs to a compiled project, and not to a program of a few files. */
    boolean isProject() {
        return !tree.isEmpty();
    }

    /** The encoding of sources in the box. */
    Charset encoding() {
        int at = options.indexOf("-encoding");
        return at < 0 || at + 1 == options.size() ? StandardCharsets.UTF_8 : Charset.forName(options.get(at + 1));
    }

    /** The working folder of tests, below the folder of the box. */
    Path workFolder(Path box) {
        return isProject() ? box.resolve("work") : box;
    }

    private static Map<?, ?> object(Object value, String what) {
        if (value instanceof Map<?, ?>) {
            return (Map<?, ?>) value;
        }
        throw new IllegalArgumentException(what + " is not an object");
    }

    private static String text(Object value) {
        return value == null ? "" : String.valueOf(value);
    }

    private static Map<String, String> texts(Object value) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (value instanceof Map<?, ?>) {
            ((Map<?, ?>) value).forEach((path, text) -> texts.put(String.valueOf(path), String.valueOf(text)));
        }
        return texts;
    }

    private static List<String> strings(Object value) {
        List<String> strings = new ArrayList<>();
        if (value instanceof List<?>) {
            ((List<?>) value).forEach(element -> strings.add(String.valueOf(element)));
        }
        return strings;
    }

    private static long number(Map<?, ?> map, String name) {
        Object value = map.get(name);
        if (value instanceof Double && (Double) value >= 1 && (Double) value < 1e12) {
            return ((Double) value).longValue();
        }
        throw new IllegalArgumentException(name + " is not a number from 1 to 1e12");
    }
}

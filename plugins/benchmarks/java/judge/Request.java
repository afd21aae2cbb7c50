package harness.judge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the judge is asked. */
final class Request {
    /** Sources by path: the program, its tests and helpers, compiled together. */
    final Map<String, String> files;
    final List<String> testClasses;
    final List<String> classpath;
    final long heapMiB;
    final long wallMillis;

    /** Reads the members of a request; a missing or mistyped one is an IllegalArgumentException. */
    Request(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("the request is not an object");
        }
        files = texts(map.get("files"));
        testClasses = strings(map.get("testClasses"));
        classpath = strings(map.get("extraClasspath"));
        heapMiB = number(map, "heapMiB");
        wallMillis = 1000 * number(map, "wallSeconds");
        if (files.isEmpty() || testClasses.isEmpty()) {
            throw new IllegalArgumentException("the request names no files or no test classes");
        }
    }

    /** Whether a source is that of a test class. */
    boolean isTest(String path) {
        return testClasses.stream().anyMatch(name -> ("/" + path).endsWith("/" + name.replace('.', '/') + ".java"));
    }

    private static Map<String, String> texts(Object value) {
        Map<String, String> texts = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> given) {
            given.forEach((path, text) -> texts.put(String.valueOf(path), String.valueOf(text)));
        }
        return texts;
    }

    private static List<String> strings(Object value) {
        List<String> strings = new ArrayList<>();
        if (value instanceof List<?> given) {
            given.forEach(element -> strings.add(String.valueOf(element)));
        }
        return strings;
    }

    private static long number(Map<?, ?> map, String name) {
        if (map.get(name) instanceof Double number && number >= 1 && number < 1e6) {
            return number.longValue();
        }
        throw new IllegalArgumentException(name + " is not a sensible number");
    }
}

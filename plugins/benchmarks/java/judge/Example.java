package harness.judge;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A small program with its test. Its main method is part of setup: it compiles the program and writes a job for Runner,
 * so that both kinds of JVM run once while the class archives are made.
 */
public final class Example {
    static final Map<String, String> PROGRAM = Map.of(
            "Sum.java",
            String.join(
                    "\n",
                    "import java.util.*;",
                    "import java.util.stream.*;",
                    "",
                    "public class Sum {",
                    "    public static int sum(List<Integer> numbers) {",
                    "        Map<String, Integer> byName = new TreeMap<>();",
                    "        numbers.forEach(n -> byName.merge(\"n\" + n, n, Integer::sum));",
                    "        return byName.values().stream().collect(Collectors.summingInt(n -> n));",
                    "    }",
                    "}"),
            "SumTest.java",
            String.join(
                    "\n",
                    "import static org.junit.Assert.*;",
                    "",
                    "import java.util.*;",
                    "import org.junit.Test;",
                    "",
                    "public class SumTest {",
                    "    @Test(timeout = 3000)",
                    "    public void sums() {",
                    "        assertEquals(6, Sum.sum(Arrays.asList(1, 2, 3)));",
                    "        assertTrue(String.format(\"%d\", Sum.sum(new ArrayList<>())).equals(\"0\"));",
                    "    }",
                    "",
                    "    @Test",
                    "    public void compares() {",
                    "        assertArrayEquals(new int[] {1}, new int[] {Sum.sum(List.of(1))});",
                    "        assertEquals(List.of(1, 2), new LinkedList<>(List.of(1, 2)));",
                    "    }",
                    "}"));

    private Example() {}

    public static void main(String[] arguments) throws IOException {
        Compiler.Result result = new Compiler().compile(PROGRAM, Map.of(), List.of(), List.of());
        if (!result.ok) {
            System.err.println(result.messages);
            System.exit(1);
        }
        Job job = new Job();
        job.classes = new HashMap<>();
        result.classes.forEach((name, bytes) -> job.classes.put(name, Meter.instrument(bytes)));
        job.tests = List.of("SumTest");
        job.steps = 1 << 20;
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(Path.of(arguments[0])))) {
            Secrets.random(new Random(1)).write(out);
            job.write(out);
        }
    }
}

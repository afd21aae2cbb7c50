package harness.judge;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Part of setup: compiles a small program and leaves what Runner wants to read, so that both JVMs can be run once while
 * the class archives of later ones are made.
 */
public final class Train {
    static final Map<String, String> PROGRAM = Map.of(
            "Sum.java",
            """
            import java.util.*;
            import java.util.stream.*;

            public class Sum {
                public static int sum(List<Integer> numbers) {
                    Map<String, Integer> byName = new TreeMap<>();
                    numbers.forEach(n -> byName.merge("n" + n, n, Integer::sum));
                    return byName.values().stream().collect(Collectors.summingInt(n -> n));
                }
            }
            """,
            "SumTest.java",
            """
            import static org.junit.Assert.*;

            import java.util.*;
            import org.junit.Test;

            public class SumTest {
                @Test(timeout = 3000)
                public void sums() {
                    assertEquals(6, Sum.sum(Arrays.asList(1, 2, 3)));
                    assertTrue(String.format("%d", Sum.sum(new ArrayList<>())).equals("0"));
                }

                @Test
                public void compares() {
                    assertArrayEquals(new int[] {1}, new int[] {Sum.sum(List.of(1))});
                    assertEquals(List.of(1, 2), new LinkedList<>(List.of(1, 2)));
                }
            }
            """);

    private Train() {}

    public static void main(String[] arguments) throws IOException {
        Compiler.Result result = new Compiler().compile(PROGRAM, Judge.LIBRARIES);
        if (!result.ok) {
            System.err.println(result.messages);
            System.exit(1);
        }
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(Path.of(arguments[0])))) {
            Fork.write(out, List.of("SumTest"), result.classes, Secrets.random(new Random(1)));
        }
    }
}

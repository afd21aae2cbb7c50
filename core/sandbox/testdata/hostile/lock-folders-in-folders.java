// Tries: folders in folders that only their owner can enter, and then not even he
// Verdict: passed
// Detail: 2 tests
// About: containment
import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        Path folder = Path.of("/box/outer" + b, "inner", "innermost");
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("note"), "x");
        for (Path path = folder; path.getNameCount() > 1; path = path.getParent()) {
            Files.setAttribute(path, "unix:mode", 0);
        }
        return a + b;
    }
}

// Tries: an executable of its own
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Path program = Path.of("/box/own" + b);
            Files.copy(Path.of("/bin/true"), program);
            program.toFile().setExecutable(true);
            new ProcessBuilder(program.toString()).start().waitFor();
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

// Tries: the mode of the device nodes, which are the host's: it sets the one that they have
// Verdict: failed
// Detail: contained
// About: containment
import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        int tried = 0;
        for (String name : List.of("null", "zero", "full", "random", "urandom", "tty")) {
            Path node = Path.of("/dev", name);
            try {
                Object mode = Files.getAttribute(node, "unix:mode");
                tried++;
                Files.setAttribute(node, "unix:mode", mode);
                return a + b;
            } catch (IOException e) {
                // refused
            }
        }
        throw new RuntimeException(tried > 3 ? "contained" : "only " + tried + " devices");
    }
}

// Tries: an attribute of /box itself, which is never deleted: right only if a later run finds it
// Verdict: failed
// Detail: expected:<5>|contained
// Runs: 2
// About: containment
import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        Path box = Path.of("/box");
        try {
            Files.getAttribute(box, "user:note");
            return a + b;
        } catch (IOException | UnsupportedOperationException e) {
            // not yet
        }
        try {
            Files.setAttribute(box, "user:note", java.nio.ByteBuffer.wrap(new byte[] {1}));
        } catch (IOException | UnsupportedOperationException e) {
            throw new RuntimeException("contained: " + e);
        }
        return 0;
    }
}

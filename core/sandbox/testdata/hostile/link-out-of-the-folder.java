// Tries: a link to the judge's files, written through
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Files.createSymbolicLink(Path.of("/box/link" + a), Path.of("/opt/harness"));
            Files.writeString(Path.of("/box/link" + a + "/judge.jar"), "x");
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

// Tries: a shared library of its own
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Path library = Path.of("/box/own" + b + ".so");
            Files.copy(Path.of(System.getProperty("java.home"), "lib", "libnet.so"), library);
            System.load(library.toString());
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

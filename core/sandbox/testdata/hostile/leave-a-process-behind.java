// Tries: a process that outlives the test
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            new ProcessBuilder("/bin/sh", "-c", "sleep 1000 & sleep 1000 &").start().waitFor();
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

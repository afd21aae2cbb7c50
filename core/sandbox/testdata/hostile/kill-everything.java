// Tries: kill -9 of every process that it may signal
// Verdict: crashed|failed
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -9 -1").start().waitFor();
            Thread.sleep(1000);
            if (a > 0) {
                throw new Exception("still here");
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

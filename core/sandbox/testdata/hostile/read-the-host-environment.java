// Tries: a variable of the process that started the judge
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            if (System.getenv("HARNESS_HOSTILE_SECRET") == null) {
                throw new IOException("not there");
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

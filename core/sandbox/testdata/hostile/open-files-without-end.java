// Tries: opens files until no more can be opened
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            List<Object> all = new ArrayList<>();
            while (a < 1000) {
                all.add(new FileInputStream("/dev/null"));
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

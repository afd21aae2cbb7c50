// Tries: the tools of the platform, to get into another JVM
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Class.forName("com.sun.tools.attach.VirtualMachine").getMethod("list").invoke(null);
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

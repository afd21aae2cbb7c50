// Tries: a dump of the heap, with the secrets in it
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Class<?> factory = Class.forName("java.lang.management.ManagementFactory");
            Object server = factory.getMethod("getPlatformMBeanServer").invoke(null);
            System.out.println(server);
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

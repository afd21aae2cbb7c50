// Tries: a thread that ends the JVM later
// Verdict: passed
// Detail: 2 tests
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    private static void later() {
        try {
            Thread.sleep(300);
        } catch (InterruptedException e) {
            // goes on
        }
        System.exit(3);
    }

    public static int add(int a, int b) throws Exception {
        Thread t = new Thread(() -> later());
        t.setDaemon(true);
        t.start();
        return a + b;
    }
}

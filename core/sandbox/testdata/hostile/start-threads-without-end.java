// Tries: 10,000 threads and more
// Verdict: failed
// Detail: OutOfMemoryError
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    private static void nap() {
        try {
            Thread.sleep(1000000);
        } catch (InterruptedException e) {
            // goes on
        }
    }

    public static int add(int a, int b) throws Exception {
        for (int i = 0; ; i++) {
            Thread t = new Thread(() -> nap());
            t.start();
        }
    }
}

// Tries: an endless loop in a thread that the test waits for
// Verdict: timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        Thread t = new Thread(() -> { while (true) { } });
        t.start();
        t.join();
        return a + b;
    }
}

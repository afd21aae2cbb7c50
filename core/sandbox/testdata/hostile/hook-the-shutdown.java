// Tries: a shutdown hook that never ends
// Verdict: timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { while (true) { } }));
        System.exit(0);
        return 0;
    }
}

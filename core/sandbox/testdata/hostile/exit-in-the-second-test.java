// Tries: answers the first test, leaves by System.exit(0) in the second
// Verdict: crashed
// Detail: exit code 0
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    private static int calls;

    public static int add(int a, int b) throws Exception {
        if (++calls > 1) {
            System.exit(0);
        }
        return a + b;
    }
}

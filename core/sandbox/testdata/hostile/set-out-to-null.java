// Tries: System.setOut(null), setErr(null), and a right answer
// Verdict: passed
// Detail: 2 tests
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        System.setOut(null);
        System.setErr(null);
        return a + b;
    }
}

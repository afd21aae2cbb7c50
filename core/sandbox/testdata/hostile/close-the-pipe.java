// Tries: closes standard output, on which verdicts travel
// Verdict: crashed
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        new FileOutputStream(FileDescriptor.out).close();
        return a + b;
    }
}

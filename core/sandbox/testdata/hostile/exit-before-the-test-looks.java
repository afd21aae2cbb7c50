// Tries: System.exit(0) before the test has seen an answer
// Verdict: crashed
// Detail: exit code 0
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        System.exit(0);
        return 0;
    }
}

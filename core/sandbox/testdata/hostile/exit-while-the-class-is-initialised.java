// Tries: System.exit(0) in a static initialiser
// Verdict: crashed
// Detail: exit code 0
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    static {
        System.exit(0);
    }

    public static int add(int a, int b) throws Exception {
        return 0;
    }
}

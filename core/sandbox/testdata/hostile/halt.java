// Tries: Runtime.halt(0), which no shutdown hook sees
// Verdict: crashed
// Detail: exit code 0
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        Runtime.getRuntime().halt(0);
        return 0;
    }
}

// Tries: code that a reader of the text does not see
// Verdict: crashed
// Detail: exit code 0
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        \u0053ystem.exit(0); return a + b;
    }
}

// Tries: endless recursion
// Verdict: failed
// Detail: StackOverflowError
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        return add(a, b - 1) + 1;
    }
}

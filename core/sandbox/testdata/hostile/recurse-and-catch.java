// Tries: recursion that catches the overflow and goes on
// Verdict: timeout
// Detail: steps
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            return add(a, b - 1) + 1;
        } catch (StackOverflowError e) {
            return add(a, b - 2) + 2;
        }
    }
}

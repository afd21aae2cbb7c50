// Tries: a class of the test's name in the same file
// Verdict: uncompilable
// Detail: duplicate class
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        return 0; } } class AdderTest { public static void main(String[] a) { } static int x() { return 0;
    }
}

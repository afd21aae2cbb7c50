// Tries: closes the class and opens another
// Verdict: passed
// Detail: 2 tests
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        return a + b; } } class Other { static int x() { return 0;
    }
}

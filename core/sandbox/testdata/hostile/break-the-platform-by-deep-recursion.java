// Tries: has classes of the platform fail to initialise for want of stack, and swallows that
// Verdict: failed
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    static int deeper(int n) {
        try {
            return deeper(n + 1);
        } catch (StackOverflowError e) {
            return String.format("%,d %tA", n, new Date(0)).length() + new java.text.DecimalFormat("#,##0.0").format(n).length();
        }
    }

    public static int add(int a, int b) throws Exception {
        return deeper(0);
    }
}

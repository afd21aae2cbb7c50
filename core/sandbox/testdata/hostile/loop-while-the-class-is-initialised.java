// Tries: an endless loop in a static initialiser
// Verdict: timeout
// Detail: steps
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    static int x;
    
    static {
        while (x >= 0) {
            x &= 0xff;
        }
    }

    public static int add(int a, int b) throws Exception {
        return x;
    }
}

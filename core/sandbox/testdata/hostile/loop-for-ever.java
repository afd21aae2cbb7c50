// Tries: an endless loop
// Verdict: timeout
// Detail: steps
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        while (a < 1000) {
            b++;
        }
        return b;
    }
}

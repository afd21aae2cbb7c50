// Tries: ThreadDeath
// Verdict: failed
// Detail: ThreadDeath
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        if (a == 2) {
            throw new ThreadDeath();
        }
        return a + b;
    }
}

// Tries: files without content, until there is no more room for names
// Verdict: failed|timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            for (int i = 0; i >= 0; i++) {
                Files.createFile(Path.of("/box/" + i));
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

// Tries: allocates, swallows the OutOfMemoryError, and goes on
// Verdict: timeout|failed|crashed
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        List<byte[]> all = new ArrayList<>();
        while (true) {
            try {
                all.add(new byte[1 << 20]);
            } catch (OutOfMemoryError e) {
                all.add(new byte[16]);
            }
        }
    }
}

// Tries: 4 GiB of file
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            OutputStream out = Files.newOutputStream(Path.of("/box/big"));
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < 4096; i++) {
                out.write(block);
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

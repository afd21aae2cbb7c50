// Tries: processes without end
// Verdict: failed|crashed|timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            Files.writeString(Path.of("/box/bomb"), "#!/bin/sh\n/bin/sh /box/bomb & /bin/sh /box/bomb &\n");
            new ProcessBuilder("/bin/sh", "/box/bomb").start().waitFor();
            Thread.sleep(1000);
            if (a > 0) {
                throw new Exception("still here");
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

// Tries: kill -9 of its parent
// Verdict: crashed|failed
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            new ProcessBuilder("/bin/kill", "-9", "" + ProcessHandle.current().parent().get().pid()).start().waitFor();
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

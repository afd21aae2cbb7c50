// Tries: /proc of the judge: its memory
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            new RandomAccessFile("/proc/" + ProcessHandle.current().parent().get().pid() + "/mem", "r").read();
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

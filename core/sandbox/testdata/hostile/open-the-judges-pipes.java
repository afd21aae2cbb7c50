// Tries: /proc of the judge: the pipe that its answers go through
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            new FileOutputStream("/proc/" + ProcessHandle.current().parent().get().pid() + "/fd/1").write(new byte[4]);
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

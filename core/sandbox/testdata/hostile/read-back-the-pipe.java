// Tries: reads its own standard output back, to answer with the secrets in it
// Verdict: failed
// Detail: expected:<5>
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    private static void echo() {
        try (FileInputStream in = new FileInputStream("/proc/self/fd/1");
                FileOutputStream out = new FileOutputStream("/proc/self/fd/1")) {
            byte[] got = new byte[4096];
            for (int n; (n = in.read(got)) > 0; ) {
                out.write(got, 0, n);
            }
        } catch (IOException e) {
            // contained
        }
    }

    public static int add(int a, int b) throws Exception {
        Thread t = new Thread(() -> echo());
        t.setDaemon(true);
        t.start();
        Thread.sleep(200);
        return 0;
    }
}

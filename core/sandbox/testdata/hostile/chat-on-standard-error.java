// Tries: writes 64 MiB to standard error
// Verdict: failed
// Detail: expected:<5>
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        FileOutputStream out = new FileOutputStream(FileDescriptor.err);
        byte[] junk = new byte[1 << 20];
        for (int i = 0; i < 64; i++) {
            out.write(junk);
        }
        return 0;
    }
}

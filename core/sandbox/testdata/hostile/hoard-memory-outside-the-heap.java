// Tries: direct buffers until there is no more
// Verdict: failed
// Detail: OutOfMemoryError
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        List<Object> all = new ArrayList<>();
        while (true) {
            all.add(java.nio.ByteBuffer.allocateDirect(1 << 24));
        }
    }
}

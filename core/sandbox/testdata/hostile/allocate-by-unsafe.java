// Tries: memory outside of the heap through Unsafe
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            java.lang.reflect.Field f = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
            f.setAccessible(true);
            Object u = f.get(null);
            for (int i = 0; i < 4096; i++) {
                u.getClass().getMethod("allocateMemory", long.class).invoke(u, 1L << 20);
            }
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

// Tries: the language of all that come after it, by a method handle; fails, so that its JVM is kept
// Verdict: failed
// Detail: adds
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            java.lang.invoke.MethodHandles.publicLookup()
                    .findStatic(Locale.class, "setDefault", java.lang.invoke.MethodType.methodType(void.class, Locale.class))
                    .invoke(Locale.GERMANY);
        } catch (Throwable e) {
            throw new Exception(e);
        }
        return 0;
    }
}

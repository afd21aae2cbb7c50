// Tries: another class of the test's name
// Verdict: failed
// Detail: contained
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        try {
            java.lang.reflect.Field classes = Adder.class.getClassLoader().getClass().getDeclaredField("classes");
            classes.setAccessible(true);
            byte[] bytes = (byte[]) ((Map<?, ?>) classes.get(Adder.class.getClassLoader())).get("AdderTest");
            java.lang.invoke.MethodHandles.lookup().defineClass(bytes);
        } catch (Throwable e) {
            throw new RuntimeException("contained: " + e);
        }
        return a + b;
    }
}

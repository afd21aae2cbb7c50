// Tries: nesting that overflows the compiler's stack
// Verdict: uncompilable
// Detail: nested too deeply
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        return REPEAT(150000,()a + bREPEAT(150000,));
    }
}

// Tries: a comment that swallows the rest of the file
// Verdict: uncompilable
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        return a + b; /*
    }
}

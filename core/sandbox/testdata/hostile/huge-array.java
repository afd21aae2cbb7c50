// Tries: an initialiser beyond what a method holds
// Verdict: uncompilable
// Detail: code too large
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        int[] all = {REPEAT(200000,1,)1}; return all.length;
    }
}

// Tries: a string constant beyond what a class file holds
// Verdict: uncompilable
// Detail: constant string too long
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) {
        return "REPEAT(200000,x)".length();
    }
}

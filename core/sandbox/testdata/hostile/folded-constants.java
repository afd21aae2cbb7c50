// Tries: constants that the compiler doubles, and doubles again
// Verdict: uncompilable
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    static final String A = "REPEAT(1000,x)";
    static final String B = A + A + A + A;
    static final String C = B + B + B + B;
    static final String D = C + C + C + C;
    static final String E = D + D + D + D;
    static final String F = E + E + E + E;
    static final String G = F + F + F + F;
    static final String H = G + G + G + G;
    static final String I = H + H + H + H;
    static final String J = I + I + I + I;
    static final String K = J + J + J + J;
    static final String L = K + K + K + K;
    static final String M = L + L + L + L;
    static final String N = M + M + M + M;
    static final String O = N + N + N + N;

    public static int add(int a, int b) {
        return O.length();
    }
}

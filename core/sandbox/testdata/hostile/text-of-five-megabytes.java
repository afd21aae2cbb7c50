// Tries: a text of five megabytes, nearly all of it a comment
// Verdict: uncompilable
// Detail: too large

public class Adder {
    public static int add(int a, int b) throws Exception {
        return a + b;
    }
}

// REPEAT(5000000,x)

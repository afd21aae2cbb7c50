// Tries: a text that does not fit into a request
// Verdict: uncompilable
// Detail: too large

public class Adder {
    public static int add(int a, int b) throws Exception {
        return a + b;
    }
}

// REPEAT(70000000,x)

// Tries: a text that takes up the memory of the judge before it is compiled
// Verdict: uncompilable
// Detail: too large

public class Adder {
    public static int add(int a, int b) throws Exception {
        return a + b;
    }
}

// REPEAT(30000000,x)

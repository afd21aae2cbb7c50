// Tries: more classes than the compiler has time or a JVM memory for
// Verdict: uncompilable
// Detail: too large

public class Adder {
    public static int add(int a, int b) throws Exception {
        return a + b;
    }
}

REPEAT(60000,class C# {})

// Tries: a class of its own with the name that the test imports with all others of its package
// Test: imports-all.test
// Verdict: failed
// Detail: expected:<5> but was:<0>

public class Adder {
    public static int add(int a, int b) {
        return 0;
    }

    public static int more() {
        return 1; // so that the test is compiled again
    }
}

class Assert {
    static void assertEquals(Object a, Object b) { }

    static void assertEquals(long a, long b) { }
}

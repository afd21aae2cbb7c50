// Tries: few steps of its own, each of which takes the platform long
// Test: limited.test
// Verdict: timeout
// Detail: steps

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

public class Adder {
    public static int add(int a, int b) {
        List<Integer> zeros = new ArrayList<>(Collections.nCopies(1_000_000, 0));
        int found = 0;
        for (int i = 0; i < 1_000_000; i++) {
            found += zeros.indexOf(1);
        }
        return a + b + found;
    }
}

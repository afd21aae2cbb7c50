// Tries: leaves a thread that loops, started by an innocent method of the platform
// Verdict: failed|timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        int[] numbers = new int[64];
        Arrays.parallelSetAll(numbers, i -> {
            if (i == 0) {
                throw new IllegalStateException();
            }
            while (numbers[0] == 0) {
            }
            return i;
        });
        return a + b;
    }
}

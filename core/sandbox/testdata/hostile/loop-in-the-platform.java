// Tries: spends its time in loops of the platform
// Verdict: timeout
// Detail: steps
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        return (int) java.util.stream.LongStream.range(0, Long.MAX_VALUE).sum();
    }
}

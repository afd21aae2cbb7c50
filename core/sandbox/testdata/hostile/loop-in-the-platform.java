// Tries: spends its time inside of the platform, where no steps are counted
// Verdict: timeout
// Detail: ms
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        return (int) java.util.stream.LongStream.range(0, Long.MAX_VALUE).sum();
    }
}

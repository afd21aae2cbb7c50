// Tries: a loop that goes on in finally
// Verdict: timeout
// Detail: steps
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        while (true) {
            try {
                while (a < 1000) {
                    b++;
                }
            } finally {
                if (a > 0) {
                    continue;
                }
            }
        }
    }
}

// Tries: endless loops that swallow whatever would end them
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
            } catch (Throwable e) {
                b--;
            }
        }
    }
}

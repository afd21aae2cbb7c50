// Tries: sleeps for ever and swallows ThreadDeath and all else
// Verdict: timeout
// Detail: ms
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        while (true) {
            try {
                while (true) {
                    Thread.sleep(1000);
                }
            } catch (Throwable e) {
                b++;
            }
        }
    }
}

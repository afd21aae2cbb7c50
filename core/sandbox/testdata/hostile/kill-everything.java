// Tries: kill -9 of every process that it may signal, its own JVM among them
// Verdict: crashed|failed
// Detail: exit code 137|the box died|contained
// About: containment
import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    /** What a program says, with its exit code first. */
    private static String say(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        return process.waitFor() + " " + said;
    }

    public static int add(int a, int b) throws Exception {
        String said = say("/bin/sh", "-c", "kill -9 -1");
        throw new RuntimeException("still here: " + said);
    }
}

// Tries: limits of the judge: few open files for it and all that it starts
// Verdict: failed|crashed
// Detail: contained
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
        String said = say("/usr/bin/prlimit", "--pid", "" + ProcessHandle.current().parent().get().pid(), "--nofile=16:16");
        if (said.startsWith("0 ")) {
            return a + b;
        }
        throw new RuntimeException(said.contains("not permitted") ? "contained" : said);
    }
}

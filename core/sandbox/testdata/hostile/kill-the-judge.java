// Tries: kill -9 of its parent
// Verdict: failed|crashed
// Detail: contained|the box died
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
        ProcessHandle judge = ProcessHandle.current().parent().get();
        String said = say("/bin/sh", "-c", "kill -9 " + judge.pid());
        Thread.sleep(1000);
        // The first process of a process namespace gets no signal from inside.
        if (said.contains("not permitted") || said.equals("0 ") && judge.pid() == 1 && judge.isAlive()) {
            throw new RuntimeException("contained");
        }
        throw new RuntimeException("still here: " + said);
    }
}

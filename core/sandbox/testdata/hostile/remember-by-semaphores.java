// Tries: semaphores that its first run leaves: right only if a later one finds them
// Verdict: failed
// Detail: expected:<5>
// Runs: 2
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
        String script = "my $s = semget(816, 1, 0); if (defined $s) { print 'found' } else { $s = semget(816, 1, 0600 | 01000); print defined $s ? 'left' : 'refused' }";
        String said = say("/usr/bin/perl", "-e", script);
        if (!said.matches("0 (found|left|refused)")) {
            throw new RuntimeException(said);
        }
        return said.endsWith("found") ? a + b : 0;
    }
}

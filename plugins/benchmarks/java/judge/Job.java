package harness.judge;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A job of a test JVM: one candidate's classes, and the tests that decide about it. */
final class Job {
    /** Instrumented classes by binary name. */
    Map<String, byte[]> classes = Map.of();
    /** Test classes, or {@code Class::method}. */
    List<String> tests = List.of();
    /** Tests whose failures do not count, since they also fail with the reference fix. */
    List<String> forgiven = List.of();
    /** Tests that fail in the buggy version. Other failures are new. */
    List<String> known = List.of();
    /** Folders and jars with further classes. */
    List<String> classpath = List.of();
    /** Steps that one test may take. */
    long steps = Long.MAX_VALUE;
    /** Whether to go on after the first failure. */
    boolean all;
    /** Names of the candidate's classes; the others are trusted. */
    List<String> candidate = List.of();
    /** What candidates may do beyond computing; see {@link Fence}. */
    List<String> granted = List.of();
    /** Classes of the bug's versions with a method equals of their own; see {@link Equality}. */
    List<String> equality = List.of();
    /** The folder that the tests' working folder is a copy of, or "". */
    String tree = "";
    /** Whether everything is granted and kept as {@link Tally#learned}: the candidate is the reference fix. */
    boolean learn;
    /** Whether the candidate is not kept in, since the reference fix does not pass so. */
    boolean open;
    /** Whether equality is asked of one object, since the reference fix does not pass otherwise. */
    boolean oneSided;
    /** Whether the JVM ends after this job, or at once if the steps are used up. */
    boolean last = true;

    void write(DataOutputStream out) throws IOException {
        out.writeBoolean(all);
        out.writeBoolean(last);
        out.writeLong(steps);
        write(out, tests);
        write(out, forgiven);
        write(out, known);
        write(out, classpath);
        write(out, candidate);
        write(out, granted);
        write(out, equality);
        out.writeUTF(tree);
        out.writeBoolean(learn);
        out.writeBoolean(open);
        out.writeBoolean(oneSided);
        out.writeInt(classes.size());
        for (Map.Entry<String, byte[]> entry : classes.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeInt(entry.getValue().length);
            out.write(entry.getValue());
        }
    }

    static Job read(DataInputStream in) throws IOException {
        Job job = new Job();
        job.all = in.readBoolean();
        job.last = in.readBoolean();
        job.steps = in.readLong();
        job.tests = strings(in);
        job.forgiven = strings(in);
        job.known = strings(in);
        job.classpath = strings(in);
        job.candidate = strings(in);
        job.granted = strings(in);
        job.equality = strings(in);
        job.tree = in.readUTF();
        job.learn = in.readBoolean();
        job.open = in.readBoolean();
        job.oneSided = in.readBoolean();
        job.classes = new HashMap<>();
        for (int n = in.readInt(); n > 0; n--) {
            String name = in.readUTF();
            job.classes.put(name, in.readNBytes(in.readInt()));
        }
        return job;
    }

    private static void write(DataOutputStream out, List<String> strings) throws IOException {
        out.writeInt(strings.size());
        for (String string : strings) {
            out.writeUTF(string);
        }
    }

    private static List<String> strings(DataInputStream in) throws IOException {
        List<String> strings = new ArrayList<>();
        for (int n = in.readInt(); n > 0; n--) {
            strings.add(in.readUTF());
        }
        return strings;
    }
}

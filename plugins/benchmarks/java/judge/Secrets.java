package harness.judge;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Random;

/**
 * What tells the test JVM's messages from a candidate's output. There is one secret for each thing that can be said, and
 * only the one that is true is ever sent: a program can read back its own output, so a secret that has been sent is
 * known, and must be worth nothing.
 */
final class Secrets {
    static final int LENGTH = 16;

    final byte[] ready;
    final byte[] passed;
    final byte[] failed;
    final byte[] exceeded;

    private Secrets(byte[] ready, byte[] passed, byte[] failed, byte[] exceeded) {
        this.ready = ready;
        this.passed = passed;
        this.failed = failed;
        this.exceeded = exceeded;
    }

    static Secrets random(Random random) {
        return new Secrets(bytes(random), bytes(random), bytes(random), bytes(random));
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return bytes;
    }

    void write(DataOutputStream out) throws IOException {
        out.write(ready);
        out.write(passed);
        out.write(failed);
        out.write(exceeded);
    }

    static Secrets read(DataInputStream in) throws IOException {
        return new Secrets(in.readNBytes(LENGTH), in.readNBytes(LENGTH), in.readNBytes(LENGTH), in.readNBytes(LENGTH));
    }
}

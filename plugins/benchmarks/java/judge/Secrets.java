package harness.judge;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Random;

/**
 * Random bytes that distinguish the messages of a test JVM from the output of a candidate. Each kind of message has its
 * own secret, and only those of true messages are sent: a candidate can read back the output of its process, so a secret
 * that was sent is known to it and must be useless.
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

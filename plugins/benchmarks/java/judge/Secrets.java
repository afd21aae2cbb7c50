package harness.judge;

import java.util.Random;

/**
 * What tells the test JVM's messages from a candidate's output. There is one secret for each thing that can be said, and
 * only the one that is true is ever sent: a program can read back its own output, so a secret that has been sent is
 * known, and must be worth nothing.
 */
record Secrets(byte[] ready, byte[] passed, byte[] failed) {
    static final int LENGTH = 16;

    static Secrets random(Random random) {
        return new Secrets(bytes(random), bytes(random), bytes(random));
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return bytes;
    }
}

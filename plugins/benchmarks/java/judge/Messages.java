package harness.judge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Finds the messages of a test JVM among the output of a candidate, in constant memory. */
final class Messages implements Runnable {
    private static final int HEADER = Secrets.LENGTH + 4;
    private static final int WINDOW = 1 << 16;

    /** A message that may arrive. */
    static final class Slot {
        private final CountDownLatch arrived = new CountDownLatch(1);
        private volatile byte[] payload;

        private void put(byte[] bytes) {
            payload = bytes;
            arrived.countDown();
        }

        byte[] payload() {
            return payload;
        }

        boolean await(long millis) throws InterruptedException {
            return arrived.await(millis, TimeUnit.MILLISECONDS);
        }
    }

    /** The messages of one job. */
    static final class Expected {
        final Slot ready = new Slot();
        final Slot verdict = new Slot();
        /** The kind of verdict; set before the verdict arrives. */
        volatile boolean passed;

        volatile boolean exceeded;
        private final Secrets secrets;

        private final int longest;

        private Expected(Secrets secrets, int longest) {
            this.secrets = secrets;
            this.longest = longest;
        }
    }

    private final InputStream in;
    private final byte[] window = new byte[WINDOW];
    private int filled;
    private volatile Expected expected;

    Messages(InputStream in) {
        this.in = in;
    }

    /**
     * Expects the messages of another job from now on. Must be called before the JVM gets its secrets.
     *
     * @param longest the most bytes that a message may have
     */
    Expected expect(Secrets secrets, int longest) {
        expected = new Expected(secrets, longest);
        return expected;
    }

    @Override
    public void run() {
        try {
            for (int n; (n = in.read(window, filled, window.length - filled)) > 0; ) {
                filled += n;
                scan();
            }
        } catch (IOException e) {
            // The process has ended; its messages so far count.
        }
    }

    private void scan() {
        Expected now = expected;
        int at = 0;
        for (; at + HEADER <= filled; at++) {
            boolean isReady = starts(at, now.secrets.ready);
            boolean isPassed = starts(at, now.secrets.passed);
            boolean isExceeded = starts(at, now.secrets.exceeded);
            if (!isReady && !isPassed && !isExceeded && !starts(at, now.secrets.failed)) {
                continue;
            }
            int length = ByteBuffer.wrap(window, at + Secrets.LENGTH, 4).getInt();
            if (length < 0 || length > now.longest) {
                continue;
            }
            int end = at + HEADER + length;
            if (end > filled) {
                break; // the rest has not arrived yet
            }
            byte[] payload = Arrays.copyOfRange(window, at + HEADER, end);
            if (isReady) {
                now.ready.put(payload);
            } else if (now.verdict.payload() == null) {
                now.passed = isPassed;
                now.exceeded = isExceeded;
                now.verdict.put(payload);
            }
            at = end - 1;
        }
        // The rest is shorter than a message, or the start of one.
        System.arraycopy(window, at, window, 0, filled - at);
        filled -= at;
    }

    private boolean starts(int at, byte[] secret) {
        return Arrays.equals(window, at, at + Secrets.LENGTH, secret, 0, Secrets.LENGTH);
    }
}

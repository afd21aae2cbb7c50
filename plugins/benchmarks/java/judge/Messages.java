package harness.judge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Finds the test JVM's messages in whatever else a candidate writes, in constant memory. */
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

    final Slot ready = new Slot();
    final Slot verdict = new Slot();
    /** Which verdict it is; set before the verdict arrives. */
    volatile boolean passed;

    private final InputStream in;
    private final Secrets secrets;
    private final byte[] window = new byte[WINDOW];
    private int filled;

    Messages(InputStream in, Secrets secrets) {
        this.in = in;
        this.secrets = secrets;
    }

    @Override
    public void run() {
        try {
            for (int n; (n = in.read(window, filled, window.length - filled)) > 0; ) {
                filled += n;
                scan();
            }
        } catch (IOException e) {
            // The process is gone; what it said counts.
        }
    }

    private void scan() {
        int at = 0;
        for (; at + HEADER <= filled; at++) {
            boolean isReady = starts(at, secrets.ready());
            boolean isPassed = starts(at, secrets.passed());
            if (!isReady && !isPassed && !starts(at, secrets.failed())) {
                continue;
            }
            int length = ByteBuffer.wrap(window, at + Secrets.LENGTH, 4).getInt();
            if (length < 0 || length > Runner.MAX_MESSAGE) {
                continue;
            }
            int end = at + HEADER + length;
            if (end > filled) {
                break; // the rest of it is on its way
            }
            byte[] payload = Arrays.copyOfRange(window, at + HEADER, end);
            if (isReady) {
                ready.put(payload);
            } else if (verdict.payload() == null) {
                passed = isPassed;
                verdict.put(payload);
            }
            at = end - 1;
        }
        // What is left is shorter than a message, or the start of one.
        System.arraycopy(window, at, window, 0, filled - at);
        filled -= at;
    }

    private boolean starts(int at, byte[] secret) {
        return Arrays.equals(window, at, at + Secrets.LENGTH, secret, 0, Secrets.LENGTH);
    }
}

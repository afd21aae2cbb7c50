package harness.judge;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.runners.model.Statement;
import org.junit.runners.model.TestTimedOutException;

/**
 * The time limits of tests ({@code @Test(timeout = ...)}, and the rule {@code Timeout}) for machines of any speed. A test
 * that takes steps, in any thread, is ended by their count (see {@link Steps}); one that waits, by its limit; one that
 * computes where no steps are counted, by a multiple of its limit in processor time. The limit of the whole run applies as
 * well.
 */
public final class TimeLimit {
    /** A test may compute without a step for this multiple of its limit. */
    private static final int FACTOR = 3;

    private static final long SLICE_MILLIS = 50;

    private TimeLimit() {}

    /**
     * Runs a test in a thread of its own.
     *
     * @param limitMillis 0: none
     */
    public static void run(Statement test, long limitMillis) throws Throwable {
        if (limitMillis > 0) {
            Steps.admit(limitMillis);
        }
        try {
            wait(test, limitMillis > 0 ? limitMillis : Long.MAX_VALUE / FACTOR);
        } finally {
            if (limitMillis > 0) {
                Steps.finish(limitMillis);
            }
        }
    }

    private static void wait(Statement test, long limitMillis) throws Throwable {
        FutureTask<Throwable> task = new FutureTask<>(() -> {
            try {
                test.evaluate();
                return null;
            } catch (Throwable e) {
                return e;
            }
        });
        // A group and a thread for each test, as in JUnit.
        ThreadGroup group = new ThreadGroup("FailOnTimeoutGroup");
        Thread thread = new Thread(group, task, "Time-limited test");
        thread.setDaemon(true);
        thread.start();
        long clock = System.nanoTime();
        long cpu = cpuMillis();
        long steps = Steps.used();
        long waited = 0;
        long computed = 0;
        while (waited < limitMillis && computed < FACTOR * limitMillis || task.isDone()) {
            try {
                Throwable thrown = task.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
                if (thrown != null) {
                    throw thrown;
                }
                return;
            } catch (TimeoutException e) {
                long clockNow = System.nanoTime();
                long cpuNow = cpuMillis();
                long stepsNow = Steps.used();
                if (cpuNow == cpu && !isRunnable(group)) {
                    waited += TimeUnit.NANOSECONDS.toMillis(clockNow - clock);
                } else if (stepsNow == steps) {
                    computed += cpuNow - cpu;
                }
                clock = clockNow;
                cpu = cpuNow;
                steps = stepsNow;
            }
        }
        throw new TestTimedOutException(limitMillis, TimeUnit.MILLISECONDS);
    }

    /** Whether a thread of the test is running or waiting for a processor. */
    private static boolean isRunnable(ThreadGroup group) {
        Thread[] threads = new Thread[group.activeCount() + 1];
        int count = group.enumerate(threads);
        return Arrays.stream(threads, 0, count).anyMatch(thread -> thread.getState() == Thread.State.RUNNABLE);
    }

    private static long cpuMillis() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }
}

package harness.judge;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.Test;
import org.junit.internal.builders.AllDefaultPossibilitiesBuilder;
import org.junit.internal.builders.JUnit4Builder;
import org.junit.runner.Runner;
import org.junit.runners.BlockJUnit4ClassRunner;
import org.junit.runners.model.FrameworkMethod;
import org.junit.runners.model.InitializationError;
import org.junit.runners.model.Statement;
import org.junit.runners.model.TestTimedOutException;

/**
 * The time limits of {@code @Test(timeout = ...)} for machines of any speed. A test that takes steps, in any thread, is
 * ended by their count (see {@link Steps}); one that waits, by its limit; one that computes inside the platform, where no
 * steps are counted, by a multiple of its limit in processor time. The limit of the whole run applies as well. The rule
 * {@code Timeout} and runners that a test chooses itself, such as {@code Parameterized}, keep JUnit's own limits, which are
 * by the clock.
 */
final class TestTimeouts extends AllDefaultPossibilitiesBuilder {
    /** A test may compute without a step for this multiple of its limit. */
    private static final int FACTOR = 3;

    private static final long SLICE_MILLIS = 50;

    @Override
    protected JUnit4Builder junit4Builder() {
        return new JUnit4Builder() {
            @Override
            public Runner runnerForClass(Class<?> testClass) throws InitializationError {
                return new TimeoutRunner(testClass);
            }
        };
    }

    private static final class TimeoutRunner extends BlockJUnit4ClassRunner {
        TimeoutRunner(Class<?> testClass) throws InitializationError {
            super(testClass);
        }

        @Override
        @SuppressWarnings("deprecation") // the only place where a time limit can be replaced
        protected Statement withPotentialTimeout(FrameworkMethod method, Object test, Statement next) {
            Test annotation = method.getAnnotation(Test.class);
            long limit = annotation == null ? 0 : annotation.timeout();
            return limit <= 0 ? next : new Limited(next, limit);
        }
    }

    private static final class Limited extends Statement {
        private final Statement next;
        private final long limitMillis;

        Limited(Statement next, long limitMillis) {
            this.next = next;
            this.limitMillis = limitMillis;
        }

        @Override
        public void evaluate() throws Throwable {
            FutureTask<Throwable> task = new FutureTask<>(() -> {
                try {
                    next.evaluate();
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
}

package harness.judge;

import java.time.Duration;
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
 * JUnit's time limits for machines of any speed: a test that computes is ended by the count of its steps (see {@link
 * Steps}), long before the processor time after which patience ends; one that waits, by its limit.
 */
final class Patience extends AllDefaultPossibilitiesBuilder {
    /** How many times its limit a test may compute: only code of the platform, which counts no steps, takes that long. */
    private static final int FACTOR = 3;

    private static final long SLICE_MILLIS = 50;

    @Override
    protected JUnit4Builder junit4Builder() {
        return new JUnit4Builder() {
            @Override
            public Runner runnerForClass(Class<?> testClass) throws InitializationError {
                return new PatientRunner(testClass);
            }
        };
    }

    private static final class PatientRunner extends BlockJUnit4ClassRunner {
        PatientRunner(Class<?> testClass) throws InitializationError {
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
            // As JUnit does it: a group and a thread for each test.
            Thread thread = new Thread(new ThreadGroup("FailOnTimeoutGroup"), task, "Time-limited test");
            thread.setDaemon(true);
            long startCPU = cpuMillis();
            thread.start();
            for (long wait = limitMillis; ; wait = SLICE_MILLIS) {
                try {
                    Throwable thrown = task.get(wait, TimeUnit.MILLISECONDS);
                    if (thrown != null) {
                        throw thrown;
                    }
                    return;
                } catch (TimeoutException e) {
                    boolean computes = thread.getState() == Thread.State.RUNNABLE
                            && cpuMillis() - startCPU < FACTOR * limitMillis;
                    if (!computes) {
                        throw new TestTimedOutException(limitMillis, TimeUnit.MILLISECONDS);
                    }
                }
            }
        }

        private static long cpuMillis() {
            return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
        }
    }
}

package harness.judge;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The thread that compiles. Its limit is processor time, including garbage collection, and therefore independent of the
 * load: while it compiles, the judge does nothing else.
 */
final class CompileThread {
    /** A compilation reached its limit. It goes on, since javac cannot be interrupted. */
    static final class TooLong extends Exception {
        private static final long serialVersionUID = 1L;

        TooLong(long limitMillis) {
            super("the compiler took more than " + limitMillis + " ms");
        }
    }

    private static final long STACK = 32L << 20;
    private static final long SLICE_MILLIS = 500;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(Judge.daemon(STACK));

    /**
     * @param limitMillis in processor time. If the machine is so busy that {@link TestJvm#BUSY_FACTOR} times as much passes
     *     by the clock before, this throws an IllegalStateException, as it does if the work throws an exception
     */
    <T> T run(long limitMillis, Callable<T> work) throws TooLong, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TestJvm.BUSY_FACTOR * limitMillis);
        long start = cpuMillis();
        Future<T> compilation = thread.submit(work);
        while (true) {
            try {
                return compilation.get(Math.min(limitMillis, SLICE_MILLIS), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new IllegalStateException("compiler: " + e.getCause(), e);
            } catch (TimeoutException e) {
                if (cpuMillis() - start > limitMillis) {
                    throw new TooLong(limitMillis);
                }
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the machine is too busy: no result after "
                            + TestJvm.BUSY_FACTOR * limitMillis + " ms of a compilation that may take " + limitMillis + " ms");
                }
            }
        }
    }

    private static long cpuMillis() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }
}

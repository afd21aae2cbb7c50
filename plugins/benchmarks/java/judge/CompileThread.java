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
 * The one thread that compiles. What it may take is processor time, the collection of its garbage included, and so the
 * same under every load: while it compiles the judge does nothing else.
 */
final class CompileThread {
    /** A compilation that has used up its time, and goes on: javac cannot be interrupted. */
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
     * @param limitMillis of processor time. A machine that does not give it in {@link TestJvm#PATIENCE} times as long by
     *     the clock is too busy to tell anything, which is an IllegalStateException, as is what the work throws
     */
    <T> T run(long limitMillis, Callable<T> work) throws TooLong, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TestJvm.PATIENCE * limitMillis);
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
                    throw new IllegalStateException("the machine is too busy to compile in "
                            + TestJvm.PATIENCE * limitMillis + " ms what may take " + limitMillis);
                }
            }
        }
    }

    private static long cpuMillis() {
        return ProcessHandle.current().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
    }
}

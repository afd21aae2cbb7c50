// Tries: types that the compiler takes exponential time to infer
// Verdict: uncompilable|passed
import java.util.function.*;

public class Adder {
    static <T> T choose(Supplier<? extends T> a, Supplier<? extends T> b) {
        return a.get();
    }

    public static int add(int a, int b) {
        return choose(() -> choose(() -> choose(() -> choose(() -> choose(() -> choose(() -> choose(() -> choose(() -> choose(() -> a + b, () -> a + b), () -> choose(() -> a + b, () -> a + b)), () -> choose(() -> choose(() -> a + b, () -> a + b), () -> choose(() -> a + b, () -> a + b))), () -> a), () -> a), () -> a), () -> a), () -> a), () -> a);
    }
}

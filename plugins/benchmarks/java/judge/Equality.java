package harness.judge;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Set;

/**
 * Equality as tests ask for it. JUnit asks one of the two objects, and which one is up to the test: a candidate could
 * return one that equals everything. Therefore both are asked. JUnit's and Hamcrest's own comparisons and those in the
 * tests are replaced by {@link #both}: see {@link Patch} and {@link Meter}.
 */
@SuppressWarnings({"deprecation", "removal"}) // see Fence
public final class Equality {
    private static Set<String> granted = Set.of();
    private static boolean oneSided;

    private Equality() {}

    /** Starts a job. */
    static void start(Job job) {
        granted = Set.copyOf(job.equality);
        oneSided = job.oneSided;
    }

    /** Whether a equals b, and b equals a. Called in the place of {@code a.equals(b)}. */
    public static boolean both(Object a, Object b) {
        check(a);
        check(b);
        return a.equals(b) && (oneSided || b == null || a == b || b.equals(a));
    }

    /** Denies an object of the candidate that decides by itself what it equals, unless the bug's versions have the same. */
    private static void check(Object object) {
        if (object == null) {
            return;
        }
        for (Class<?> type = object.getClass(); Fence.isCandidate(type); type = type.getSuperclass()) {
            if (declaresEquals(type) && !granted.contains(type.getName())) {
                Fence.forbid("an object of " + object.getClass().getName() + ", which has a method equals of its own,");
            }
        }
    }

    private static boolean declaresEquals(Class<?> type) {
        return AccessController.doPrivileged((PrivilegedAction<Boolean>) () -> {
            try {
                return type.getDeclaredMethod("equals", Object.class) != null;
            } catch (NoSuchMethodException e) {
                return false;
            }
        });
    }
}

package java.util;

/**
 * Counts the turns of loops in the platform's own classes, such as those of collections, streams and regular expressions.
 * Notes, too, whether a hash table depends on an object's identity, whose hash code is another one in a JVM that did other
 * things before. This class and its calls are in the run-time image that programs of a few files run in: see
 * harness.judge.Patch and harness.judge.Steps.
 */
public final class Ticks {
    /** Turns that are left. */
    public static long left = Long.MAX_VALUE;
    /** Run when none are left, and may throw or end the JVM. */
    public static Runnable end;

    /** The class loader of the program that runs. */
    public static ClassLoader loader;
    /** Whether an object was asked for a hash code that depends on its identity. */
    public static boolean identity;

    private static int spent;
    private static Class<?> asked;
    private static boolean plain;

    private Ticks() {}

    public static void tick() {
        if (--left < 0) {
            spend();
        }
    }

    /** The hash code of an object, asked for by the platform. */
    public static int hash(Object object) {
        if (loader != null && !identity) {
            Class<?> type = object.getClass();
            identity = type.isArray() || object instanceof Enum || type.getClassLoader() == loader && isPlain(type);
        }
        return object.hashCode();
    }

    /** Whether a class inherits hashCode from Object. */
    private static boolean isPlain(Class<?> type) {
        if (type != asked) {
            try {
                plain = type.getMethod("hashCode").getDeclaringClass() == Object.class;
            } catch (NoSuchMethodException e) {
                throw new AssertionError(e); // every class has it
            }
            asked = type;
        }
        return plain;
    }

    /** Runs end at first, and then only rarely: JUnit uses the platform, too, to report that the candidate was ended. */
    private static void spend() {
        Runnable end = Ticks.end;
        if (end != null && (spent++ & 0xffff) == 0) {
            end.run();
        }
    }
}

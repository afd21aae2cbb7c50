package harness.judge;

import java.util.Map;
import java.util.Set;

/** What the result of a program may depend on besides its input, as far as its bytecode tells. */
final class Chance {
    /**
     * Fresh JVMs for a program that may well differ from one to the next. If it passes in a share p of them, the chance that
     * this goes unnoticed is p to the power of MANY, plus (1 - p) to the power of MANY.
     */
    static final int MANY = 24;

    static final int FEW = 3;

    /** Members by which a program gets another value or order in every JVM. */
    private static final Set<String> RANDOM = Set.of(
            "java/lang/Math.random", "java/lang/StrictMath.random", "java/lang/System.identityHashCode",
            "java/util/UUID.randomUUID", "java/util/Collections.shuffle", "java/util/stream/Collectors.toUnmodifiableSet",
            "java/util/stream/Collectors.toUnmodifiableMap", "java/util/concurrent/ThreadLocalRandom.current",
            "java/lang/Thread.<init>", "java/lang/Thread.start", "java/util/Timer.<init>");

    /** Classes whose constructors without arguments take a random seed. */
    private static final Set<String> SEEDED =
            Set.of("java/util/Random", "java/util/SplittableRandom", "java/security/SecureRandom");

    /** Members that tell the time, or how much memory is used. Most programs that ask measure something, and do not decide by it. */
    private static final Set<String> CLOCKS = Set.of(
            "java/lang/System.nanoTime", "java/lang/System.currentTimeMillis", "java/lang/Runtime.freeMemory",
            "java/lang/Runtime.totalMemory", "java/util/Calendar.getInstance", "java/util/Date.<init>",
            "java/util/GregorianCalendar.<init>");

    /** Immutable sets and maps, whose order is another one in every JVM. */
    private static final Set<String> SALTED = Set.of("java/util/Set", "java/util/Map");

    /** Classes of java.util.concurrent that are not about threads. */
    private static final Set<String> TABLES = Set.of(
            "java/util/concurrent/ConcurrentHashMap", "java/util/concurrent/ConcurrentLinkedQueue",
            "java/util/concurrent/ConcurrentSkipListMap", "java/util/concurrent/CopyOnWriteArrayList",
            "java/util/concurrent/TimeUnit");

    /** Whether two fresh JVMs may well come to different results: by random numbers, threads, salted sets. */
    private boolean random;
    /** Whether it asks for the time or the like. */
    private boolean timed;
    /** Whether it asks objects for hash codes itself, or keeps them by identity. */
    private boolean hashes;

    /** @param program the candidate's classes, by binary name */
    Chance(Map<String, byte[]> program) {
        program.values().forEach(bytes -> Calls.visit(bytes, (owner, member, descriptor) -> {
            random |= isRandom(owner, member, descriptor);
            timed |= isTimed(owner, member, descriptor);
            hashes |= member.equals("hashCode") && owner.equals("java/lang/Object") || owner.equals("java/util/IdentityHashMap");
            return Calls.Instead.NOTHING;
        }));
    }

    /** In how many fresh JVMs the program has to come to the same result. */
    int runs() {
        return random ? MANY : timed ? FEW : 1;
    }

    /**
     * Whether the result may differ between a fresh JVM and one that ran other programs.
     *
     * @param tally of a run in such a JVM
     */
    boolean dependsOnHistory(Tally tally) {
        return random || timed || hashes || tally.identity;
    }

    private static boolean isTimed(String owner, String member, String descriptor) {
        boolean given = member.equals("<init>") && (descriptor.startsWith("(I") || descriptor.startsWith("(J")); // new Date(0)
        return CLOCKS.contains(owner + "." + member) && !given || owner.startsWith("java/time/") && member.equals("now");
    }

    private static boolean isRandom(String owner, String member, String descriptor) {
        return RANDOM.contains(owner + "." + member)
                || SEEDED.contains(owner) && member.equals("<init>") && descriptor.equals("()V")
                || SALTED.contains(owner) && (member.equals("of") || member.equals("ofEntries") || member.equals("copyOf"))
                || owner.startsWith("java/util/concurrent/") && !owner.startsWith("java/util/concurrent/atomic/")
                        && !TABLES.contains(owner)
                || member.startsWith("parallel");
    }
}

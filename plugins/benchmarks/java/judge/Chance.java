package harness.judge;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

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
            "java/util/stream/Collectors.toUnmodifiableMap", "java/util/concurrent/ThreadLocalRandom.current");

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

    private static final Set<String> TABLES = Set.of(
            "java/util/HashMap", "java/util/HashSet", "java/util/Hashtable", "java/util/IdentityHashMap",
            "java/util/WeakHashMap", "java/util/concurrent/ConcurrentHashMap");

    private static final Set<String> COLLECTED = Set.of("toSet", "toMap", "groupingBy", "groupingByConcurrent");

    /** Whether two fresh JVMs may well come to different results: by random numbers, threads, salted sets. */
    private boolean random;
    /** Whether it asks for the time or the like. */
    private boolean timed;
    /** Whether it makes hash tables, or asks for hash codes. */
    private boolean hashes;
    /** Whether it makes objects whose hash code depends on what the JVM did before: arrays, enums, objects without hashCode. */
    private boolean identities;

    /**
     * @param program the candidate's classes, by binary name
     * @param suite those of tests and helpers, whose objects the program may get
     */
    Chance(Map<String, byte[]> program, Map<String, byte[]> suite) {
        Map<String, byte[]> all = new HashMap<>(suite);
        all.putAll(program);
        Set<String> plain = new HashSet<>(Set.of("java/lang/Object"));
        all.values().forEach(bytes -> new ClassReader(bytes).accept(new Shape(plain), ClassReader.SKIP_CODE));
        all.forEach((name, bytes) -> {
            boolean own = program.containsKey(name);
            Calls.visit(bytes, (owner, member, descriptor) -> {
                random |= own && isRandom(owner, member, descriptor);
                timed |= own && (CLOCKS.contains(owner + "." + member) || owner.startsWith("java/time/") && member.equals("now"));
                hashes |= TABLES.contains(owner) || member.equals("hashCode")
                        || owner.equals("java/util/stream/Collectors") && COLLECTED.contains(member);
                return Calls.Instead.NOTHING;
            });
            new ClassReader(bytes).accept(new Objects(plain), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
        });
    }

    /** In how many fresh JVMs the program has to come to the same result. */
    int runs() {
        return random ? MANY : timed ? FEW : 1;
    }

    /** Whether the result may differ between a fresh JVM and one that ran other programs. */
    boolean dependsOnHistory() {
        return random || timed || hashes && identities;
    }

    private static boolean isRandom(String owner, String member, String descriptor) {
        return RANDOM.contains(owner + "." + member)
                || SEEDED.contains(owner) && member.equals("<init>") && descriptor.equals("()V")
                || SALTED.contains(owner) && (member.equals("of") || member.equals("ofEntries") || member.equals("copyOf"))
                || owner.equals("java/lang/Thread") && !member.equals("currentThread")
                || owner.startsWith("java/util/concurrent/") && !owner.startsWith("java/util/concurrent/atomic/")
                        && !owner.equals("java/util/concurrent/TimeUnit") && !TABLES.contains(owner)
                || member.startsWith("parallel");
    }

    /** Collects the classes that do not declare hashCode, by internal name. */
    private static final class Shape extends ClassVisitor {
        private final Set<String> plain;
        private String name;

        Shape(Set<String> plain) {
            super(Opcodes.ASM9);
            this.plain = plain;
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            this.name = name;
            plain.add(name);
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String method, String descriptor, String signature, String[] exceptions) {
            if (method.equals("hashCode") && descriptor.equals("()I")) {
                plain.remove(name);
            }
            return null;
        }
    }

    /** Looks for arrays and objects that are made. */
    private final class Objects extends ClassVisitor {
        private final Set<String> plain;

        Objects(Set<String> plain) {
            super(Opcodes.ASM9);
            this.plain = plain;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            return new MethodVisitor(Opcodes.ASM9) {
                @Override
                public void visitIntInsn(int opcode, int operand) {
                    identities |= opcode == Opcodes.NEWARRAY;
                }

                @Override
                public void visitTypeInsn(int opcode, String type) {
                    identities |= opcode == Opcodes.ANEWARRAY || opcode == Opcodes.NEW && plain.contains(type);
                }

                @Override
                public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
                    identities = true;
                }
            };
        }
    }
}

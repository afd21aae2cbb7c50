package harness.judge;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * How far a candidate's bytecode may reach. A candidate may compute, which takes the classes that are listed here, and use
 * what the bug's own versions use. Any other use, of reflection, JUnit or a test for example, becomes a call of {@link
 * Fence#forbid}, which names it. Listed classes that could do more, such as those for files, ask {@link Fence}. Native
 * methods cannot be linked, since that needs a library.
 */
final class Reach {
    private static final Set<String> PACKAGES = Set.of(
            "java/lang", "java/lang/annotation", "java/lang/ref", "java/math", "java/text", "java/util",
            "java/util/concurrent", "java/util/concurrent/atomic", "java/util/concurrent/locks", "java/util/function",
            "java/util/logging", "java/util/random", "java/util/regex", "java/util/stream", "java/util/zip", "java/io",
            "java/net", "java/nio", "java/nio/channels", "java/nio/charset", "java/nio/file", "java/nio/file/attribute",
            "java/security", "java/time", "java/time/chrono", "java/time/format", "java/time/temporal", "java/time/zone",
            "java/awt", "java/awt/color", "java/awt/font", "java/awt/geom", "java/awt/image");

    /**
     * Classes of these packages that do more than compute: they find classes or members by name, define classes, or control
     * threads, processes and the platform.
     */
    private static final Set<String> EXCLUDED = Set.of(
            "java/lang/ClassLoader", "java/lang/ClassValue", "java/lang/Module", "java/lang/ModuleLayer", "java/lang/Package",
            "java/lang/Process", "java/lang/ProcessBuilder", "java/lang/ProcessHandle",
            "java/lang/StackWalker", "java/lang/StackWalker$StackFrame", "java/lang/ref/Cleaner", "java/util/ServiceLoader",
            "java/util/Ticks", "java/util/concurrent/atomic/AtomicIntegerFieldUpdater",
            "java/util/concurrent/atomic/AtomicLongFieldUpdater", "java/util/concurrent/atomic/AtomicReferenceFieldUpdater",
            "java/util/logging/LogManager", "java/io/ObjectInputStream", "java/io/ObjectInputFilter",
            "java/io/ObjectStreamClass", "java/net/URLClassLoader", "java/net/URLStreamHandler", "java/net/ContentHandler",
            "java/security/AccessController", "java/security/AccessControlContext", "java/security/Policy",
            "java/security/Permissions", "java/security/ProtectionDomain", "java/security/CodeSource",
            "java/security/SecureClassLoader", "java/security/Security", "java/security/Provider",
            "java/security/SignedObject", "java/awt/Robot", "java/awt/Desktop", "java/awt/Toolkit", "java/awt/EventQueue");

    private static final Set<String> EXCLUDED_MEMBERS = Set.of(
            "java/lang/Thread.getContextClassLoader", "java/lang/Thread.setContextClassLoader",
            "java/lang/Thread.getAllStackTraces");

    /**
     * Settings of the JVM. A program that changes one and needs no such change is judged by what it computes: the call has
     * no effect.
     */
    private static final Set<String> SETTINGS = Set.of(
            "java/lang/System.setIn", "java/lang/System.setOut", "java/lang/System.setErr", "java/lang/System.setProperty",
            "java/lang/System.setProperties", "java/lang/System.clearProperty", "java/lang/System.setSecurityManager",
            "java/util/Locale.setDefault",
            "java/util/TimeZone.setDefault", "java/lang/Thread.setDefaultUncaughtExceptionHandler");

    /** The members of java.lang.Class that describe a class, and do not give access to its members. */
    private static final Set<String> CLASS = Set.of(
            "getName", "getSimpleName", "getTypeName", "getCanonicalName", "getPackageName", "isInstance", "cast",
            "desiredAssertionStatus", "isArray", "getComponentType", "componentType", "equals", "hashCode", "toString",
            "isInterface", "isEnum", "isRecord", "isPrimitive", "isAnnotation", "isAnonymousClass", "isLocalClass",
            "isMemberClass", "isSynthetic", "isAssignableFrom", "getEnumConstants", "getSuperclass", "getInterfaces",
            "asSubclass", "getModifiers", "getClass");

    private static final Set<String> RUNTIME =
            Set.of("getRuntime", "availableProcessors", "freeMemory", "totalMemory", "maxMemory", "gc", "exit", "halt",
                    "addShutdownHook", "removeShutdownHook");

    /** The classes with which javac implements lambdas, concatenation and records, when they compute a constant or a call. */
    private static final Set<String> BOOTSTRAPS = Set.of(
            "java/lang/invoke/StringConcatFactory.makeConcatWithConstants", "java/lang/invoke/StringConcatFactory.makeConcat",
            "java/lang/invoke/LambdaMetafactory.metafactory", "java/lang/invoke/LambdaMetafactory.altMetafactory",
            "java/lang/runtime/ObjectMethods.bootstrap");

    /** The beginnings of the names of classes that are neither the program's nor its libraries'. */
    private static final List<String> FOREIGN = List.of(
            "java/", "javax/", "jdk/", "sun/", "com/sun/", "org/junit/", "junit/", "org/hamcrest/", "org/mockito/",
            "org/easymock/", "org/powermock/", "org/testng/", "net/bytebuddy/", "org/objenesis/", "harness/judge/");

    private static final String EQUALS = "(Ljava/lang/Object;)Z";

    /** Test classes, by internal name. */
    private final Set<String> tests = new HashSet<>();
    /** What the bug's versions use: owner.member. */
    private final Set<String> members = new HashSet<>();
    /** The classes whose members the bug's versions use. */
    private final Set<String> owners = new HashSet<>();
    /** The classes of the bug's versions that declare equals, by binary name. */
    private final Set<String> equality = new HashSet<>();

    /** @param tests names for JUnit: Class, or Class::method */
    Reach(List<String> tests) {
        tests.forEach(name -> this.tests.add(name.split("::")[0].replace('.', '/')));
    }

    /** Allows what a version of the bug does. */
    void grant(Map<String, byte[]> version) {
        version.forEach((name, bytes) -> {
            Calls.visit(bytes, (owner, member, descriptor) -> {
                owners.add(owner);
                members.add(owner + "." + member);
                return Calls.Instead.NOTHING;
            });
            if (new Outline(bytes).declaresEquals) {
                equality.add(name);
            }
        });
    }

    /** The classes whose own method equals counts, by binary name. */
    List<String> equality() {
        return List.copyOf(equality);
    }

    /** Returns the classes of a candidate, with calls of {@link Fence} before or instead of what they must not use. */
    Map<String, byte[]> bound(Map<String, byte[]> candidate) {
        Map<String, Outline> own = new HashMap<>();
        candidate.forEach((name, bytes) -> own.put(name.replace('.', '/'), new Outline(bytes)));
        Calls.Rule rule = (owner, member, descriptor) -> rule(declarer(own, owner, member), member, descriptor);
        Map<String, byte[]> bounded = new HashMap<>();
        candidate.forEach((name, bytes) -> {
            boolean[] found = new boolean[1];
            Calls.visit(bytes, (owner, member, descriptor) -> {
                Calls.Instead instead = rule.about(owner, member, descriptor);
                found[0] |= instead != Calls.Instead.NOTHING;
                return instead;
            });
            bounded.put(name, found[0] ? Calls.rewrite(bytes, rule) : bytes);
        });
        return bounded;
    }

    /** The class that a member belongs to, if a class of the candidate's inherits it; otherwise the owner. */
    private static String declarer(Map<String, Outline> own, String owner, String member) {
        String type = owner;
        for (Outline o = own.get(type); o != null && !o.members.contains(member); o = own.get(type)) {
            type = o.parent;
        }
        return type;
    }

    private Calls.Instead rule(String owner, String member, String descriptor) {
        boolean single = owner.startsWith("java/lang/"); // Class, Runtime, reflection: one member gives no other
        if (members.contains(owner + "." + member) || !single && owners.contains(owner)) {
            return Calls.Instead.NOTHING;
        }
        if (SETTINGS.contains(owner + "." + member)) {
            return Calls.Instead.IGNORE;
        }
        if (reachesTooFar(owner, member)) {
            return Calls.Instead.FORBID;
        }
        // A stack trace tells who called. To print it where nobody reads it is a habit, and tells nothing.
        boolean looks = member.equals("getStackTrace") || member.equals("getClassContext")
                || member.equals("printStackTrace") && !descriptor.equals("()V");
        return looks ? Calls.Instead.LOOK : Calls.Instead.NOTHING;
    }

    private boolean reachesTooFar(String owner, String member) {
        int nested = owner.indexOf('$');
        if (EXCLUDED_MEMBERS.contains(owner + "." + member)
                || tests.contains(nested < 0 ? owner : owner.substring(0, nested))) {
            return true;
        }
        if (FOREIGN.stream().noneMatch(owner::startsWith)) {
            return false;
        }
        if (owner.equals("java/lang/Class")) {
            return !CLASS.contains(member);
        }
        if (owner.equals("java/lang/Runtime")) {
            return !RUNTIME.contains(member);
        }
        if (BOOTSTRAPS.contains(owner + "." + member)) {
            return false;
        }
        return EXCLUDED.contains(owner) || !PACKAGES.contains(owner.substring(0, owner.lastIndexOf('/')));
    }

    /** What a class extends and declares. */
    private static final class Outline extends ClassVisitor {
        final Set<String> members = new HashSet<>();
        String parent;
        boolean declaresEquals;

        Outline(byte[] classFile) {
            super(Opcodes.ASM9);
            new ClassReader(classFile).accept(this, ClassReader.SKIP_CODE);
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            this.parent = parent;
        }

        @Override
        public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
            members.add(name);
            return null;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            members.add(name);
            declaresEquals |= name.equals("equals") && descriptor.equals(EQUALS);
            return null;
        }
    }
}

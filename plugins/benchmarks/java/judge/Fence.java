package harness.judge;

import java.io.FilePermission;
import java.io.IOException;
import java.lang.reflect.ReflectPermission;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.LinkPermission;
import java.nio.file.Path;
import java.security.AccessControlException;
import java.security.AccessController;
import java.security.CodeSource;
import java.security.Permission;
import java.security.Policy;
import java.security.PrivilegedAction;
import java.security.ProtectionDomain;
import java.util.List;
import java.util.PropertyPermission;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps candidates to what they may do in a test JVM: compute, and what the bug's own two versions do. It is the JVM's
 * security manager. Classes of the candidate have a protection domain of their own, so that the platform refuses what is
 * asked for while code of the candidate is on the stack, or started the thread: through whatever library it asks.
 *
 * <p>A security manager is not asked about reflection on public members, about the classes of tests and the like. {@link
 * Reach} finds these in the candidate's bytecode, and makes it call {@link #forbid} instead.
 */
@SuppressWarnings({"deprecation", "removal"}) // JDK 17 is the judge's own, and has security managers
public final class Fence extends SecurityManager {
    /** The protection domain of the candidate's classes. */
    static final ProtectionDomain CANDIDATE = new ProtectionDomain(
            new CodeSource(null, (java.security.cert.Certificate[]) null), null, null, null);

    /** The folder in which candidates may do what they like with files. */
    private static final Path FOLDER = Path.of("/box");

    private static final Set<String> HARMLESS = Set.of(
            "createSecurityManager", "shutdownHooks", "readFileDescriptor", "writeFileDescriptor", "accessUserInformation",
            "accessUserDefinedAttributes", "getFileSystemAttributes");

    /** How many learned permissions are kept, and how long one may be. */
    private static final int MOST_LEARNED = 1000;

    private static final int LONGEST = 400;

    private static final Fence FENCE = new Fence();

    /** What the reference did beyond computing, each as a line: see {@link #line}. Null if candidates are not kept in. */
    private Set<String> granted = Set.of();
    /** What this job does beyond computing; null while nothing is learned. */
    private Set<String> learned;
    /** The folder that the working folder of the tests is a copy of, or null. */
    private Path original;

    /** The candidate's classes. */
    private final Set<Class<?>> candidates = ConcurrentHashMap.newKeySet();

    private volatile String denied = "";
    private volatile boolean looked;

    /** Whether this is the security manager. */
    private boolean raised;

    private Fence() {}

    /** A call of a candidate that was denied. */
    static final class Forbidden extends SecurityException {
        private static final long serialVersionUID = 1L;

        Forbidden(String what) {
            super("contained: " + what + " is beyond what the versions of the bug do");
        }
    }

    /** Makes this the security manager of the JVM, for good. */
    private void raise() {
        Policy.setPolicy(new Policy() {
            @Override
            public boolean implies(ProtectionDomain domain, Permission permission) {
                return domain != CANDIDATE || FENCE.allows(permission);
            }
        });
        // The unchanged platform asks for this, to warn once only: see Patch. Each identity hash code is the next of a sequence,
        // and the candidate's objects get those that they have without the change.
        System.identityHashCode(Fence.class);
        System.setSecurityManager(this);
        raised = true;
    }

    /** Starts a job. */
    static void start(Job job) {
        if (!FENCE.raised && !job.open) {
            FENCE.raise();
        }
        FENCE.granted = job.open ? null : Set.copyOf(job.granted);
        FENCE.learned = job.learn ? new TreeSet<>() : null;
        FENCE.original = job.tree.isEmpty() ? null : Path.of(job.tree);
        FENCE.candidates.clear();
        FENCE.denied = "";
        FENCE.looked = false;
    }

    /** The first call that was denied, or "". */
    static String denied() {
        return FENCE.denied;
    }

    /** Whether the candidate read its own stack trace. */
    static boolean hasLooked() {
        return FENCE.looked;
    }

    /** Notes a class of the candidate. */
    static void admit(Class<?> type) {
        FENCE.candidates.add(type);
    }

    /** Whether a class is one of the candidate's. */
    static boolean isCandidate(Class<?> type) {
        return type != null && FENCE.candidates.contains(type);
    }

    /** What the job did beyond computing, in the form of {@link Job#granted}. */
    static List<String> learned() {
        Set<String> learned = FENCE.learned;
        if (learned == null) {
            return List.of();
        }
        synchronized (learned) {
            return List.copyOf(learned);
        }
    }

    /** Called by the candidate's classes in the place of a call that {@link Reach} found. Always throws. */
    public static void forbid(String call) {
        throw FENCE.deny(call);
    }

    /** Called by the candidate's classes in the place of a setting of the JVM, which then has no effect. */
    public static void ignore(String call) {
        FENCE.deny(call);
    }

    /** Called by the candidate's classes before they read a stack trace. */
    public static void look() {
        FENCE.looked = true;
    }

    /** Called by the constructors of tests: a test that the candidate makes would tell it the right answers. */
    public static void enterTest() {
        if (FENCE.granted == null) {
            return;
        }
        try {
            AccessController.checkPermission(new ReflectPermission("harness.test"));
        } catch (AccessControlException e) {
            throw FENCE.deny("a test of its own making");
        }
    }

    @Override
    public void checkPermission(Permission permission) {
        if (isHarmless(permission)) {
            return;
        }
        try {
            AccessController.checkPermission(permission);
        } catch (AccessControlException e) {
            throw deny(nameCall(permission));
        }
    }

    @Override
    public void checkPropertyAccess(String key) {} // reading properties is harmless, and frequent

    private Forbidden deny(String what) {
        String text = what.length() <= LONGEST ? what : what.substring(0, LONGEST);
        if (denied.isEmpty()) {
            denied = text;
        }
        return new Forbidden(text);
    }

    /**
     * Whether a permission is one that only affects this JVM, which ends with the job, or a file in the candidate's folder.
     * An end of the JVM is no verdict, and what the standard streams carry counts with a secret only.
     */
    private static boolean isHarmless(Permission permission) {
        if (permission instanceof PropertyPermission) {
            return permission.getActions().equals("read");
        }
        if (permission instanceof LinkPermission) {
            return permission.getName().equals("symbolic");
        }
        String name = permission.getName();
        return permission instanceof RuntimePermission
                && (HARMLESS.contains(name) || name.startsWith("getenv.") || name.startsWith("exitVM"));
    }

    /** Whether the candidate may do something, for which a permission stands. */
    private boolean allows(Permission permission) {
        Set<String> granted = this.granted;
        if (granted == null || isHarmless(permission)) {
            return true;
        }
        // The fence's own work is not the candidate's, although the candidate is on the stack.
        return AccessController.doPrivileged((PrivilegedAction<Boolean>) () -> {
            if (permission instanceof FilePermission && isOwnFile((FilePermission) permission)) {
                return true;
            }
            String line = line(permission);
            Set<String> learned = this.learned;
            if (learned != null) {
                synchronized (learned) {
                    if (learned.size() < MOST_LEARNED && line.length() <= LONGEST) {
                        learned.add(line);
                    }
                }
                return true;
            }
            return granted.contains(line);
        });
    }

    /** A permission as a line of text: class, name and actions. */
    private static String line(Permission permission) {
        return permission.getClass().getName() + " " + permission.getName() + " " + permission.getActions();
    }

    /**
     * Whether a file is in the candidate's folder, and not one of the project, whose tests and resources hold answers.
     * Executing a file is never allowed.
     */
    private boolean isOwnFile(FilePermission permission) {
        if (permission.getActions().contains("execute")) {
            return false;
        }
        Path path = real(Path.of(permission.getName()).toAbsolutePath().normalize());
        if (!path.startsWith(FOLDER)) {
            return false;
        }
        if (original == null) {
            return true;
        }
        Path work = Path.of("").toAbsolutePath();
        if (!path.startsWith(work)) {
            return true;
        }
        Path source = original.resolve(work.relativize(path));
        return !Files.exists(source, LinkOption.NOFOLLOW_LINKS) || Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS);
    }

    /** Follows links, also of a file that does not exist yet. */
    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            Path parent = path.getParent();
            return parent == null ? path : real(parent).resolve(path.getFileName());
        }
    }

    /** Names what the candidate called when it was denied a permission. */
    private static String nameCall(Permission permission) {
        return AccessController.doPrivileged((PrivilegedAction<String>) () -> {
            String asked = permission.getName();
            String called = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).walk(frames -> {
                String last = "";
                for (StackWalker.StackFrame frame : (Iterable<StackWalker.StackFrame>) frames::iterator) {
                    if (isCandidate(frame.getDeclaringClass())) {
                        return last;
                    }
                    last = frame.getClassName() + "." + frame.getMethodName();
                }
                return ""; // a thread of the candidate's
            });
            return called.isEmpty() ? asked : called + " (" + asked + ")";
        });
    }
}

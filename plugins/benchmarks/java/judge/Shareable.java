package harness.judge;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.FieldVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Decides whether a candidate may share a JVM with others, because it cannot leave anything behind. A shareable candidate
 * uses only what is listed here: values, collections, streams, text. It uses no threads, files, reflection or processes,
 * and changes no setting of the JVM. Any other use excludes a candidate, which then gets a JVM of its own; that does not
 * affect its verdict.
 */
final class Shareable {
    private static final Set<String> PACKAGES = Set.of(
            "java/math", "java/util", "java/util/function", "java/util/stream", "java/util/regex", "java/text",
            "java/util/concurrent/atomic");

    private static final Set<String> LANG = Set.of(
            "Object", "String", "StringBuilder", "StringBuffer", "CharSequence", "Character", "Integer", "Long", "Short",
            "Byte", "Boolean", "Double", "Float", "Number", "Math", "StrictMath", "Comparable", "Iterable", "Enum",
            "Record", "Void", "Throwable", "AutoCloseable", "Cloneable", "StackTraceElement", "System", "Class");

    /** The methods with which javac implements lambdas, concatenation and records. A program that calls them directly uses reflection. */
    private static final Set<String> BOOTSTRAPS = Set.of(
            "java/lang/invoke/StringConcatFactory", "java/lang/invoke/LambdaMetafactory", "java/lang/runtime/ObjectMethods");

    private static final Set<String> OTHER_CLASSES = Set.of("java/io/PrintStream", "java/io/Serializable");

    /** Classes of the packages above that keep state outside of the candidate. */
    private static final Set<String> EXCLUDED = Set.of(
            "java/util/Timer", "java/util/TimerTask", "java/util/ServiceLoader", "java/util/ResourceBundle",
            "java/util/ListResourceBundle", "java/util/PropertyResourceBundle", "java/util/ResourceBundle$Control",
            "java/util/Scanner", "java/util/Formatter", "java/util/Properties", "java/util/Locale$Builder",
            "java/util/stream/StreamSupport", "java/util/concurrent/atomic/AtomicIntegerFieldUpdater",
            "java/util/concurrent/atomic/AtomicLongFieldUpdater",
            "java/util/concurrent/atomic/AtomicReferenceFieldUpdater");

    /** Excluded members of other classes. */
    private static final Set<String> EXCLUDED_MEMBERS =
            Set.of("PrintStream.<init>", "PrintStream.close", "PrintStream.write");

    // Identity hash codes are not listed, since they depend on what the JVM did before.
    private static final Set<String> SYSTEM =
            Set.of("out", "err", "arraycopy", "nanoTime", "currentTimeMillis", "lineSeparator");
    private static final Set<String> CLASS =
            Set.of("getName", "getSimpleName", "isInstance", "cast", "desiredAssertionStatus", "equals", "toString");

    private final Set<String> own;
    private final boolean tests;
    private boolean excluded;

    private Shareable(Set<String> own, boolean tests) {
        this.own = own;
        this.tests = tests;
    }

    /** Whether a candidate's classes, given by binary name, use only each other, those of the suite and what is listed. */
    static boolean isCandidate(Map<String, byte[]> classes, Set<String> suite) {
        Set<String> own = new HashSet<>(classes.keySet());
        own.addAll(suite);
        return is(classes, own, false);
    }

    /** Whether tests and helpers use only each other, the program under test, JUnit and what is listed. */
    static boolean isSuite(Map<String, byte[]> classes, Set<String> program) {
        Set<String> own = new HashSet<>(classes.keySet());
        own.addAll(program);
        return is(classes, own, true);
    }

    private static boolean is(Map<String, byte[]> classes, Set<String> own, boolean tests) {
        Shareable check = new Shareable(own, tests);
        for (byte[] bytes : classes.values()) {
            new ClassReader(bytes).accept(check.new Uses(), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
        }
        return !check.excluded;
    }

    private boolean isOwn(String name) {
        return own.contains(name.replace('/', '.'));
    }

    private boolean isListed(String name) {
        if (tests && (name.startsWith("org/junit/") || name.startsWith("junit/framework/"))) {
            return true;
        }
        if (OTHER_CLASSES.contains(name)) {
            return true;
        }
        int slash = name.lastIndexOf('/');
        if (name.startsWith("java/lang/")) {
            String rest = name.substring("java/lang/".length());
            return LANG.contains(rest) || slash == 9 && (rest.endsWith("Exception") || rest.endsWith("Error"));
        }
        return slash > 0 && PACKAGES.contains(name.substring(0, slash)) && !EXCLUDED.contains(name);
    }

    private final class Uses extends ClassVisitor {
        Uses() {
            super(Opcodes.ASM9);
        }

        private void type(Type type) {
            if (type.getSort() == Type.ARRAY) {
                type(type.getElementType());
            } else if (type.getSort() == Type.OBJECT) {
                owner(type.getInternalName());
            } else if (type.getSort() == Type.METHOD) {
                type(type.getReturnType());
                for (Type argument : type.getArgumentTypes()) {
                    type(argument);
                }
            }
        }

        private void owner(String name) {
            excluded |= name.startsWith("[") ? isExcludedArray(name) : !isOwn(name) && !isListed(name);
        }

        private boolean isExcludedArray(String name) {
            Type element = Type.getObjectType(name).getElementType();
            return element.getSort() == Type.OBJECT
                    && !isOwn(element.getInternalName())
                    && !isListed(element.getInternalName());
        }

        private void member(String owner, String name) {
            owner(owner);
            String simple = owner.substring(owner.lastIndexOf('/') + 1);
            excluded |= EXCLUDED_MEMBERS.contains(simple + "." + name)
                    // Inherited members may be called by the name of a subclass.
                    || name.startsWith("parallel") || name.equals("wait") || name.startsWith("notify")
                    || name.equals("setDefault")
                    || owner.equals("java/lang/System") && !SYSTEM.contains(name)
                    || owner.equals("java/lang/Class") && !CLASS.contains(name);
        }

        private void handle(Handle handle) {
            member(handle.getOwner(), handle.getName());
        }

        private void constant(Object value) {
            if (value instanceof Type) {
                type((Type) value);
            } else if (value instanceof Handle) {
                handle((Handle) value);
            } else if (value instanceof ConstantDynamic) {
                excluded = true;
            }
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            owner(parent);
            for (String each : interfaces) {
                owner(each);
            }
        }

        @Override
        public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
            type(Type.getType(descriptor));
            return null;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            // The garbage collector runs finalizers at any time and in its own thread.
            excluded |= (access & Opcodes.ACC_NATIVE) != 0 || name.equals("finalize");
            type(Type.getMethodType(descriptor));
            return new Code();
        }

        private final class Code extends MethodVisitor {
            Code() {
                super(Opcodes.ASM9);
            }

            @Override
            public void visitTypeInsn(int opcode, String type) {
                owner(type);
            }

            @Override
            public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
                member(owner, name);
                type(Type.getType(descriptor));
                // A write to a static field outside of the candidate's own classes outlives the candidate.
                excluded |= opcode == Opcodes.PUTSTATIC && !isOwn(owner);
            }

            @Override
            public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
                member(owner, name);
            }

            @Override
            public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
                excluded |= !BOOTSTRAPS.contains(bootstrap.getOwner());
                for (Object argument : arguments) {
                    constant(argument);
                }
            }

            @Override
            public void visitLdcInsn(Object value) {
                constant(value);
            }

            @Override
            public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
                type(Type.getType(descriptor));
            }

            @Override
            public void visitTryCatchBlock(
                    org.objectweb.asm.Label start, org.objectweb.asm.Label end, org.objectweb.asm.Label handler, String type) {
                if (type != null) {
                    owner(type);
                }
            }
        }
    }
}

package harness.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Changes classes of the platform, of JUnit and of Hamcrest for the JVMs of candidates. Its main method is part of setup:
 * its first argument is "platform" or "tests", its second the folder of the classes.
 */
public final class Patch {
    /**
     * The classes of the platform whose loops count turns: those that loop as long as a program's data are large. Not those
     * that wait for other threads, since their turns depend on the load.
     */
    private static final Pattern COUNTED = Pattern.compile("java/math/.*|java/text/.*"
            + "|java/util/concurrent/(ConcurrentHashMap|ConcurrentSkipList|CopyOnWrite).*|java/util/(?!concurrent/|Ticks).*"
            + "|java/lang/(String|StringLatin1|StringUTF16|AbstractStringBuilder|StringBuilder|StringBuffer|Iterable"
            + "|CharSequence|Integer|Long|Character)(\\$.*)?");

    /** The classes with which tests ask whether objects are equal. */
    private static final Pattern EQUALITY =
            Pattern.compile("org/junit/Assert|junit/framework/Assert|org/hamcrest/core/IsEqual");

    private Patch() {}

    public static void main(String[] arguments) throws IOException {
        boolean platform = arguments[0].equals("platform");
        Path root = Path.of(arguments[1]);
        if (platform) {
            // About a tenth of the time that a JVM takes to start: a warning, for which texts are formatted, and a list of the
            // packages that modules keep to themselves anyway.
            replace(root.resolve("java/lang/System.class"), "setSecurityManager", "java/lang/System.implSetSecurityManager");
            replace(root.resolve("java/lang/SecurityManager.class"), "addNonExportedPackages", "");
        }
        Pattern names = platform ? COUNTED : EQUALITY;
        int count = 0;
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = root.relativize(file).toString();
                if (name.endsWith(".class") && names.matcher(name.substring(0, name.length() - 6)).matches()) {
                    Files.write(file, change(Files.readAllBytes(file), platform ? Turns::new : BothSides::new));
                    count++;
                }
            }
        }
        if (count == 0) {
            throw new UncheckedIOException(new IOException("no class to change in " + root));
        }
    }

    /** Has a static method of one argument, which returns nothing, only call another one with that argument, or nothing. */
    private static void replace(Path file, String name, String other) throws IOException {
        ClassReader reader = new ClassReader(Files.readAllBytes(file));
        ClassWriter writer = new ClassWriter(reader, 0);
        boolean[] found = {false};
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public MethodVisitor visitMethod(
                            int access, String method, String descriptor, String signature, String[] exceptions) {
                        MethodVisitor next = super.visitMethod(access, method, descriptor, signature, exceptions);
                        if (!method.equals(name)) {
                            return next;
                        }
                        found[0] = true;
                        next.visitCode();
                        if (!other.isEmpty()) {
                            int dot = other.lastIndexOf('.');
                            next.visitVarInsn(Opcodes.ALOAD, 0);
                            next.visitMethodInsn(
                                    Opcodes.INVOKESTATIC, other.substring(0, dot), other.substring(dot + 1), descriptor, false);
                        }
                        next.visitInsn(Opcodes.RETURN);
                        next.visitMaxs(1, 1);
                        next.visitEnd();
                        return null;
                    }
                },
                0);
        if (!found[0]) {
            throw new IOException("no method " + name + " in " + file);
        }
        Files.write(file, writer.toByteArray());
    }

    private static byte[] change(byte[] classFile, Function<MethodVisitor, MethodVisitor> change) {
        ClassReader reader = new ClassReader(classFile);
        ClassWriter writer = new ClassWriter(reader, 0); // no change needs stack, or another frame
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public MethodVisitor visitMethod(
                            int access, String name, String descriptor, String signature, String[] exceptions) {
                        return change.apply(super.visitMethod(access, name, descriptor, signature, exceptions));
                    }
                },
                0);
        return writer.toByteArray();
    }

    /** Counts a turn before each jump backwards, and looks at each object that is asked for its hash code. */
    private static final class Turns extends MethodVisitor {
        private static final String TICKS = "java/util/Ticks";

        private final Set<Label> passed = new HashSet<>();

        Turns(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (opcode == Opcodes.INVOKEVIRTUAL && owner.equals("java/lang/Object") && name.equals("hashCode")) {
                super.visitMethodInsn(Opcodes.INVOKESTATIC, TICKS, "hash", "(Ljava/lang/Object;)I", false);
            } else {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            }
        }

        private void tickIfBackward(Label... targets) {
            for (Label target : targets) {
                if (passed.contains(target)) {
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, TICKS, "tick", "()V", false);
                    return;
                }
            }
        }

        @Override
        public void visitLabel(Label label) {
            passed.add(label);
            super.visitLabel(label);
        }

        @Override
        public void visitJumpInsn(int opcode, Label label) {
            tickIfBackward(label);
            super.visitJumpInsn(opcode, label);
        }

        @Override
        public void visitTableSwitchInsn(int min, int max, Label otherwise, Label... labels) {
            tickIfBackward(labels);
            tickIfBackward(otherwise);
            super.visitTableSwitchInsn(min, max, otherwise, labels);
        }

        @Override
        public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
            tickIfBackward(labels);
            tickIfBackward(otherwise);
            super.visitLookupSwitchInsn(otherwise, keys, labels);
        }
    }

    /** Asks {@link Equality} instead of one of two objects. */
    static final class BothSides extends MethodVisitor {
        BothSides(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (opcode != Opcodes.INVOKESTATIC && opcode != Opcodes.INVOKESPECIAL && name.equals("equals")
                    && descriptor.equals("(Ljava/lang/Object;)Z")) {
                super.visitMethodInsn(
                        Opcodes.INVOKESTATIC, "harness/judge/Equality", "both", "(Ljava/lang/Object;Ljava/lang/Object;)Z", false);
            } else {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            }
        }
    }
}

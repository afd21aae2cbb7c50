package harness.judge;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassTooLargeException;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodTooLargeException;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Makes classes count their steps: see {@link Steps}. Those of tests also ask {@link Equality} and {@link Fence}. */
final class Meter {
    private static final String STEPS = "harness/judge/Steps";
    private static final Set<String> SIZED = Set.of("Ljava/lang/String;", "Ljava/math/BigInteger;");

    private Meter() {}

    /**
     * Returns the class with counters inserted: a step at the start of each method and before each jump backwards, the
     * steps of an exception at the start of each handler, and those of texts, large numbers and arrays where they are
     * created or copied; and the depth of calls at the start and the end of each method. A class that is too large for that
     * is returned unchanged; only the clock ends its loops.
     */
    static byte[] instrument(byte[] classFile) {
        return instrument(classFile, false);
    }

    /** Returns the class of a test with counters, which compares objects both ways and which no candidate can make. */
    static byte[] instrumentTest(byte[] classFile) {
        return instrument(classFile, true);
    }

    private static byte[] instrument(byte[] classFile, boolean test) {
        ClassReader reader = new ClassReader(classFile);
        // Frames do not change: the inserted code leaves the stack as it was.
        ClassWriter writer = new ClassWriter(reader, 0);
        try {
            reader.accept(
                    new ClassVisitor(Opcodes.ASM9, writer) {
                        @Override
                        public MethodVisitor visitMethod(
                                int access, String name, String descriptor, String signature, String[] exceptions) {
                            MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
                            if (!test) {
                                return new Ticks(next);
                            }
                            next = new Patch.BothSides(next);
                            return new Ticks(name.equals("<init>") ? new Entry(next) : next);
                        }
                    },
                    0);
            return writer.toByteArray();
        } catch (MethodTooLargeException | ClassTooLargeException e) {
            return classFile;
        }
    }

    /** Tells the fence that a test is made. */
    private static final class Entry extends MethodVisitor {
        Entry(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public void visitCode() {
            super.visitCode();
            super.visitMethodInsn(Opcodes.INVOKESTATIC, "harness/judge/Fence", "enterTest", "()V", false);
        }
    }

    private static final class Ticks extends MethodVisitor {
        private final Set<Label> passed = new HashSet<>();
        private final Set<Label> handlers = new HashSet<>();
        private boolean handles;

        Ticks(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        private void tick() {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, STEPS, "tick", "()V", false);
        }

        /** Calls a method of Steps with a copy of the top of the stack. */
        private void callWithTop(String method, String descriptor) {
            super.visitInsn(Opcodes.DUP);
            super.visitMethodInsn(Opcodes.INVOKESTATIC, STEPS, method, descriptor, false);
        }

        private void made(Type type) {
            if (type.getSort() == Type.ARRAY) {
                callWithTop("made", "(Ljava/lang/Object;)V");
            } else if (SIZED.contains(type.getDescriptor())) {
                callWithTop("made", "(" + type.getDescriptor() + ")V");
            }
        }

        private void making() {
            callWithTop("making", "(I)V");
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (owner.equals("java/lang/System") && name.equals("arraycopy")) {
                making(); // its length is the last argument
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            if (owner.startsWith("[") && name.equals("clone")) {
                made(Type.getObjectType(owner));
            } else if (owner.startsWith("java/")) {
                made(Type.getReturnType(descriptor));
            }
        }

        @Override
        public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
            super.visitMultiANewArrayInsn(descriptor, dimensions);
            callWithTop("madeNested", "(Ljava/lang/Object;)V");
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
            made(Type.getReturnType(descriptor));
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY) {
                making();
            }
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            if (opcode == Opcodes.ANEWARRAY) {
                making();
            }
            super.visitTypeInsn(opcode, type);
        }

        @Override
        public void visitMaxs(int maxStack, int maxLocals) {
            super.visitMaxs(maxStack + 1, maxLocals);
        }

        private void tickIfBackward(Label... targets) {
            for (Label target : targets) {
                if (passed.contains(target)) {
                    tick();
                    return;
                }
            }
        }

        @Override
        public void visitCode() {
            super.visitCode();
            super.visitMethodInsn(Opcodes.INVOKESTATIC, STEPS, "enter", "()V", false);
        }

        @Override
        public void visitTryCatchBlock(Label start, Label end, Label handler, String type) {
            handlers.add(handler);
            super.visitTryCatchBlock(start, end, handler, type);
        }

        @Override
        public void visitLabel(Label label) {
            passed.add(label);
            handles |= handlers.contains(label);
            super.visitLabel(label);
        }

        // The first instruction of a handler, after a frame if any, stores or drops the exception.
        @Override
        public void visitVarInsn(int opcode, int variable) {
            handle();
            super.visitVarInsn(opcode, variable);
        }

        @Override
        public void visitInsn(int opcode) {
            handle();
            if (opcode >= Opcodes.IRETURN && opcode <= Opcodes.RETURN) {
                super.visitMethodInsn(Opcodes.INVOKESTATIC, STEPS, "leave", "()V", false);
            }
            super.visitInsn(opcode);
        }

        private void handle() {
            if (handles) {
                handles = false;
                callWithTop("caught", "(Ljava/lang/Throwable;)V");
            }
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
}

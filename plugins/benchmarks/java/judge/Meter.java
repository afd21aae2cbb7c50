package harness.judge;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodTooLargeException;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Makes classes count their steps: see {@link Steps}. */
final class Meter {
    private static final String STEPS = "harness/judge/Steps";

    private Meter() {}

    /**
     * Returns the class with a step at the start of each method and before each jump backwards, and with the steps of an
     * exception at the start of each handler. A class that has no room
     * for that is returned as it is; its loops are ended by the clock.
     */
    static byte[] instrument(byte[] classFile) {
        ClassReader reader = new ClassReader(classFile);
        // Neither frames nor stack sizes change: a step takes and leaves nothing.
        ClassWriter writer = new ClassWriter(reader, 0);
        try {
            reader.accept(
                    new ClassVisitor(Opcodes.ASM9, writer) {
                        @Override
                        public MethodVisitor visitMethod(
                                int access, String name, String descriptor, String signature, String[] exceptions) {
                            return new Ticks(super.visitMethod(access, name, descriptor, signature, exceptions));
                        }
                    },
                    0);
            return writer.toByteArray();
        } catch (MethodTooLargeException e) {
            return classFile;
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
            tick();
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

        // A handler begins by storing its exception, or by dropping it: behind its frame, if it has one.
        @Override
        public void visitVarInsn(int opcode, int variable) {
            handle();
            super.visitVarInsn(opcode, variable);
        }

        @Override
        public void visitInsn(int opcode) {
            handle();
            super.visitInsn(opcode);
        }

        private void handle() {
            if (handles) {
                handles = false;
                super.visitMethodInsn(Opcodes.INVOKESTATIC, STEPS, "caught", "()V", false);
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

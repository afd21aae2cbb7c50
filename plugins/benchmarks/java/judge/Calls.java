package harness.judge;

import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.ConstantDynamic;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** The members that a class uses: it calls, reads or writes them, or takes them as method references. */
final class Calls {
    private static final String FENCE = "harness/judge/Fence";

    private Calls() {}

    /** What is to happen besides a use, or instead of it. */
    enum Instead {
        NOTHING,
        /** {@link Fence#look}, and then the use. */
        LOOK,
        /** {@link Fence#ignore}, and for a method that returns an object, null. */
        IGNORE,
        /** {@link Fence#forbid}, which never returns. */
        FORBID
    }

    /** Decides about uses. */
    interface Rule {
        /**
         * @param owner internal name of the class by which the member is named
         * @param member its name, or for what is computed at run time by a method of the owner, the name of that method
         */
        Instead about(String owner, String member, String descriptor);
    }

    /** Asks a rule about all uses of a class. */
    static void visit(byte[] classFile, Rule rule) {
        new ClassReader(classFile).accept(new Visitor(null, rule), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    }

    /** Returns the class with calls of {@link Fence} where the rule wants them. */
    static byte[] rewrite(byte[] classFile, Rule rule) {
        ClassReader reader = new ClassReader(classFile);
        // Frames do not change: a call that never returns leaves the stack as it was, as the verifier sees it.
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(new Visitor(writer, rule), 0);
        return writer.toByteArray();
    }

    private static final class Visitor extends ClassVisitor {
        private final Rule rule;

        Visitor(ClassVisitor next, Rule rule) {
            super(Opcodes.ASM9, next);
            this.rule = rule;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            return new Code(super.visitMethod(access, name, descriptor, signature, exceptions), rule);
        }
    }

    private static final class Code extends MethodVisitor {
        private final Rule rule;

        Code(MethodVisitor next, Rule rule) {
            super(Opcodes.ASM9, next);
            this.rule = rule;
        }

        /** Returns whether the use is to be left out. */
        private boolean use(String owner, String member, String descriptor) {
            if (owner.startsWith("[")) {
                return false; // clone, of any array
            }
            Instead instead = rule.about(owner, member, descriptor);
            switch (instead) {
                case LOOK:
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, FENCE, "look", "()V", false);
                    break;
                case IGNORE:
                case FORBID:
                    super.visitLdcInsn(owner.replace('/', '.') + "." + member);
                    super.visitMethodInsn(
                            Opcodes.INVOKESTATIC, FENCE, instead == Instead.IGNORE ? "ignore" : "forbid",
                            "(Ljava/lang/String;)V", false);
                    break;
                default:
                    break;
            }
            return instead == Instead.IGNORE;
        }

        /** A use that cannot be left out, but only be forbidden. */
        private void use(Object constant) {
            if (constant instanceof Handle) {
                Handle handle = (Handle) constant;
                if (use(handle.getOwner(), handle.getName(), handle.getDesc())) {
                    super.visitLdcInsn(handle.getOwner().replace('/', '.') + "::" + handle.getName());
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, FENCE, "forbid", "(Ljava/lang/String;)V", false);
                }
            } else if (constant instanceof ConstantDynamic) {
                ConstantDynamic dynamic = (ConstantDynamic) constant;
                use(dynamic.getBootstrapMethod());
                for (int i = 0; i < dynamic.getBootstrapMethodArgumentCount(); i++) {
                    use(dynamic.getBootstrapMethodArgument(i));
                }
            }
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (!use(owner, name, descriptor)) {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
                return;
            }
            Type[] arguments = Type.getArgumentTypes(descriptor);
            for (int i = arguments.length - 1; i >= 0; i--) {
                super.visitInsn(arguments[i].getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
            }
            if (opcode != Opcodes.INVOKESTATIC) {
                super.visitInsn(Opcodes.POP);
            }
            if (Type.getReturnType(descriptor) != Type.VOID_TYPE) {
                super.visitInsn(Opcodes.ACONST_NULL);
            }
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            use(owner, name, descriptor);
            super.visitFieldInsn(opcode, owner, name, descriptor);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            use(bootstrap);
            for (Object argument : arguments) {
                use(argument);
            }
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
        }

        @Override
        public void visitLdcInsn(Object value) {
            if (!(value instanceof Type)) {
                use(value);
            }
            super.visitLdcInsn(value);
        }

        @Override
        public void visitMaxs(int maxStack, int maxLocals) {
            super.visitMaxs(maxStack + 1, maxLocals);
        }
    }
}

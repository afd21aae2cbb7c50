package harness.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
 * What other classes may compile against: the headers of classes and of their members that are not private, and the
 * values of constants, which compilers copy. A program can replace another one with the same Api without compiling the
 * tests again.
 */
final class Api {
    private Api() {}

    /** One line for each class and member, sorted. */
    static List<String> of(Map<String, byte[]> classes) {
        List<String> lines = new ArrayList<>();
        Set<String> hidden = new HashSet<>();
        classes.values().forEach(bytes -> new ClassReader(bytes).accept(new Hidden(hidden), ClassReader.SKIP_CODE));
        classes.values().forEach(bytes -> {
            ClassReader reader = new ClassReader(bytes);
            if (!hidden.contains(reader.getClassName())) {
                reader.accept(new Headers(lines), ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
            }
        });
        Collections.sort(lines);
        return lines;
    }

    /** Finds classes that no other file can name: private, local and anonymous ones. */
    private static final class Hidden extends ClassVisitor {
        private final Set<String> names;

        Hidden(Set<String> names) {
            super(Opcodes.ASM9);
            this.names = names;
        }

        @Override
        public void visitInnerClass(String name, String outerName, String innerName, int access) {
            if (outerName == null || innerName == null || (access & Opcodes.ACC_PRIVATE) != 0) {
                names.add(name);
            }
        }
    }

    private static final class Headers extends ClassVisitor {
        private final List<String> lines;
        private String owner;

        Headers(List<String> lines) {
            super(Opcodes.ASM9);
            this.lines = lines;
        }

        private void add(Object... parts) {
            StringBuilder line = new StringBuilder(owner);
            for (Object part : parts) {
                line.append(' ').append(part instanceof String[] ? Arrays.toString((String[]) part) : part);
            }
            lines.add(line.toString());
        }

        private static boolean isHidden(int access) {
            return (access & (Opcodes.ACC_PRIVATE | Opcodes.ACC_SYNTHETIC)) != 0;
        }

        @Override
        public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
            owner = name;
            add("class", access, signature, parent, interfaces);
        }

        @Override
        public FieldVisitor visitField(int access, String name, String descriptor, String signature, Object value) {
            if (!isHidden(access)) {
                add("field", access, name, descriptor, signature, value);
            }
            return null;
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String descriptor, String signature, String[] exceptions) {
            if (!isHidden(access)) {
                add("method", access & ~Opcodes.ACC_SYNCHRONIZED, name, descriptor, signature, exceptions);
            }
            return null;
        }
    }
}

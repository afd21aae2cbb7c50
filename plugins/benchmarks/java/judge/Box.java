package harness.judge;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The box that the judge runs in, and the only code that deletes files.
 *
 * <p>Outside a box the constructor fails: it checks the variable that the driver sets, that the process namespace is the
 * box's own, and that the folder is a memory file system mounted for the box. This class ends no process.
 */
final class Box {
    private final Path folder;

    /**
     * @param folder where candidates may write
     * @throws IllegalStateException outside a box
     */
    Box(Path folder) throws IOException {
        if (!"1".equals(System.getenv("HARNESS_BOX"))) {
            throw new IllegalStateException("HARNESS_BOX is not set");
        }
        if (ProcessHandle.current().pid() > 2) {
            throw new IllegalStateException("not the first or second process of a process namespace");
        }
        if (!folder.isAbsolute() || !isMemory(folder)) {
            throw new IllegalStateException(folder + " is not a memory file system of its own");
        }
        this.folder = folder;
    }

    private static boolean isMemory(Path folder) throws IOException {
        try (var mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            return mounts.map(line -> line.split(" "))
                    .anyMatch(fields -> fields.length > 2
                            && fields[1].equals(folder.toString())
                            && fields[2].equals("tmpfs"));
        }
    }

    Path folder() {
        return folder;
    }

    /**
     * Whether the box has no processes but its first one, the judge, and the given one. Zombies count as processes.
     */
    boolean isIdle(long allowed) {
        long self = ProcessHandle.current().pid();
        return ProcessHandle.allProcesses()
                .allMatch(process -> process.pid() == 1 || process.pid() == self || process.pid() == allowed);
    }

    /** Empties the folder. Returns whether that succeeded. The box must be idle, so that no process races with this. */
    boolean empty() {
        try {
            Files.walkFileTree(folder, new Deletion());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Copies a folder into the box, to a path that does not exist yet. Links are copied as links. */
    void copy(Path from, Path to) throws IOException {
        if (!to.startsWith(folder)) {
            throw new IllegalArgumentException(to + " is not in the box's folder");
        }
        Files.walkFileTree(from, new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
                Files.createDirectory(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), LinkOption.NOFOLLOW_LINKS);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Deletes all files and folders below a folder. Links are deleted, never followed. */
    private final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            if (!directory.equals(folder)) {
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            if (!directory.equals(folder)) {
                Files.delete(directory);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// buildLimit is the time limit of compiling a project; Defects4J's largest takes half a
// minute.
const buildLimit = 10 * time.Minute

// chooseTests names the classes that decide, as far as they are compiled: first those
// of the triggering tests, then the other relevant ones.
func (b *bug) chooseTests() error {
	for _, class := range slices.Concat(b.triggerClasses(), b.Properties.RelevantTests) {
		if !slices.Contains(b.Tests, class) && b.isCompiled(class) {
			b.Tests = append(b.Tests, class)
		}
	}
	for _, class := range b.triggerClasses() {
		if !slices.Contains(b.Tests, class) {
			return fmt.Errorf("the test class %s, which the bug makes fail, is not compiled", class)
		}
	}
	if len(b.Tests) == 0 {
		return errors.New("none of the relevant test classes is compiled")
	}
	return nil
}

// isCompiled looks for a class among those of the project and in its libraries.
func (b *bug) isCompiled(class string) bool {
	return slices.ContainsFunc(append(b.classes(), b.Paths.Libraries...), func(p location) bool { return b.holds(p, class) })
}

// holds reports whether a folder or a jar has a class.
func (b *bug) holds(p location, class string) bool {
	name := strings.ReplaceAll(class, ".", "/") + ".class"
	full := filepath.Join(b.root, filepath.FromSlash(p.Here))
	if !b.isFolder(p.Here) {
		jar, err := zip.OpenReader(full)
		if err != nil {
			return false // as Java does
		}
		defer jar.Close()
		return slices.ContainsFunc(jar.File, func(f *zip.File) bool { return f.Name == name })
	}
	_, err := os.Stat(filepath.Join(full, filepath.FromSlash(name)))
	return err == nil
}

// build compiles a project that was exported without classes. The compiler runs no
// code of the project: no annotation processors, no build files. If some tests do not
// compile (their libraries may be missing), only those that decide are compiled.
func (b *bug) build(ctx context.Context) error {
	if b.isBuilt() {
		return nil
	}
	b.Paths.Built = true
	b.Paths.Mounts[builtTarget] = path.Join(builtDir, b.ID.String())
	out := filepath.Join(b.root, builtDir, b.ID.String())
	for _, name := range []string{"classes", "tests"} {
		if err := os.MkdirAll(filepath.Join(out, name), 0o755); err != nil {
			return err
		}
	}
	sources, err := b.sources(ctx, b.Properties.SourceDir)
	if err != nil {
		return err
	}
	tests, err := b.sources(ctx, b.Properties.TestDir)
	if err != nil {
		return err
	}
	err = b.javac(ctx, filepath.Join(out, "classes"), "", sources)
	if err != nil {
		return fmt.Errorf("compile the buggy version: %w (%s)", err, withClasses)
	}
	target := filepath.Join(out, "tests")
	err = b.javac(ctx, target, "", tests)
	for _, wanted := range []list{b.Properties.RelevantTests, b.triggerClasses()} {
		if err == nil || ctx.Err() != nil {
			break
		}
		b.Paths.Partly = true
		err = b.javac(ctx, target, b.Properties.TestDir, b.filesOf(wanted))
	}
	if err != nil {
		return fmt.Errorf("compile the tests: %w (%s)", err, withClasses)
	}
	return nil
}

// withClasses is the hint for projects whose builds do more than compile.
const withClasses = "if the project needs its own build, export it with the classes that `defects4j compile` makes"

// isBuilt reports whether the export has compiled classes: that of the changed
// file in dir.bin.classes, and those of the tests that the bug makes fail.
func (b *bug) isBuilt() bool {
	p := &b.Properties
	source := strings.TrimSuffix(b.Path, ".java")
	if p.SourceDir != "." {
		source = strings.TrimPrefix(source, p.SourceDir+"/")
	}
	class := strings.ReplaceAll(source, "/", ".")
	project := path.Join(exportDir, b.ID.String(), "buggy")
	if p.ClassesDir == "" || !b.holds(location{Here: path.Join(project, p.ClassesDir)}, class) {
		return false
	}
	tests := b.triggerClasses()
	if len(tests) == 0 {
		return slices.ContainsFunc(p.RelevantTests, b.isCompiled)
	}
	return !slices.ContainsFunc(tests, func(class string) bool { return !b.isCompiled(class) })
}

// sources lists the Java files below a folder of the buggy version.
func (b *bug) sources(ctx context.Context, dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	folder := b.file("buggy", dir)
	names, err := javaFiles(ctx, folder)
	var all []string
	for _, name := range names {
		if path.Base(name) != "module-info.java" {
			all = append(all, filepath.Join(folder, filepath.FromSlash(name)))
		}
	}
	return all, err
}

func (b *bug) triggerClasses() list { return classesOf(b.Properties.TriggerTests) }

// describeTests returns the label "tests", and where fewer tests decide than
// Defects4J's, how many.
func (b *bug) describeTests() (label, fewer string) {
	relevant := b.Properties.RelevantTests
	there := 0
	for _, class := range relevant {
		if slices.Contains(b.Tests, class) {
			there++
		}
	}
	if there < len(relevant) {
		return "some", fmt.Sprintf("%d of its %d relevant test classes decide; the others are not compiled", there, len(relevant))
	}
	return "relevant", ""
}

// filesOf returns the existing files of test classes.
func (b *bug) filesOf(classes list) []string {
	var all []string
	for _, class := range classes {
		outer, _, _ := strings.Cut(class, "$")
		file := b.file("buggy", path.Join(b.Properties.TestDir, strings.ReplaceAll(outer, ".", "/")+".java"))
		if _, err := os.Stat(file); err == nil {
			all = append(all, file)
		}
	}
	return all
}

// junit is the judge's own, with what it needs.
var junit = []string{"/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar"}

// javac compiles files of the buggy version into a folder. With a source path, it also
// compiles what they need from there.
func (b *bug) javac(ctx context.Context, out, sourcePath string, files []string) error {
	var classPath []string
	for _, p := range append(b.classes(), b.Paths.Libraries...) {
		classPath = append(classPath, filepath.Join(b.root, filepath.FromSlash(p.Here)))
	}
	source := ""
	if sourcePath != "" {
		source = b.file("buggy", sourcePath)
	}
	// The judge's JUnit is the last, as in the box: the project's own has precedence.
	return compile(ctx, b.file("buggy", ""), out, append(classPath, junit...), source, b.compilerOptions(), files)
}

// compile runs javac, which runs no code of the project. Errors name files relative to
// the project.
func compile(ctx context.Context, project, out string, classPath []string, sourcePath string, options, files []string) error {
	if len(files) == 0 {
		return nil
	}
	command, err := exec.LookPath("javac")
	if err != nil {
		return fmt.Errorf("there are no compiled classes, and javac is missing: %w; on Debian: apt-get install openjdk-17-jdk-headless", err)
	}
	var arguments bytes.Buffer
	for _, argument := range append(append([]string{"-nowarn", "-proc:none", "-g", "-implicit:class", "-d", out,
		"-cp", strings.Join(classPath, ":"), "-sourcepath", sourcePath}, options...), files...) {
		fmt.Fprintln(&arguments, strconv.Quote(argument))
	}
	list := out + ".files"
	if err := os.WriteFile(list, arguments.Bytes(), 0o644); err != nil {
		return err
	}
	defer os.Remove(list)
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	output, err := group(exec.CommandContext(ctx, command, "-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-Xmx1g", "@"+list)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", errors.Join(context.Cause(ctx), err), firstError(strings.ReplaceAll(string(output), project+"/", "")))
	}
	return nil
}

// group makes a command and the processes that it starts end together.
func group(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	return c
}

// firstError returns the first error of a compiler's output.
func firstError(output string) string {
	for line := range strings.Lines(output) {
		if strings.Contains(line, "error:") {
			return strings.TrimSpace(line)
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(output), "\n")
	return first
}

// oldest and newest are the source levels that JDK 17 compiles.
const oldest, newest = 7, 17

// compilerOptions returns the project's source level and encoding. JDK 17 does not
// compile for Java 5 and 6, so such programs are compiled for Java 7.
func (b *bug) compilerOptions() []string {
	encoding := b.Properties.Encoding
	if encoding == "" {
		encoding = "UTF-8"
	}
	options := []string{"-encoding", encoding}
	if level, err := strconv.Atoi(b.Properties.SourceLevel); err == nil {
		options = append(options, "--release", strconv.Itoa(max(level, oldest)))
	}
	return options
}

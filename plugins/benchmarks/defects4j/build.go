package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// buildLimit is how long the compiler may take for a project; Defects4J's largest
// takes half a minute.
const buildLimit = 10 * time.Minute

// choose names the classes that decide: those of the triggering tests first, then
// the other relevant ones, as far as they are there compiled.
func (b *bug) choose() error {
	for _, class := range slices.Concat(b.triggerClasses(), b.Properties.RelevantTests) {
		if !slices.Contains(b.Tests, class) && b.isCompiled(class) {
			b.Tests = append(b.Tests, class)
		}
	}
	for _, class := range b.triggerClasses() {
		if !slices.Contains(b.Tests, class) {
			return fmt.Errorf("the test class %s, which the bug makes fail, is not among the compiled ones", class)
		}
	}
	if len(b.Tests) == 0 {
		return errors.New("none of the relevant test classes is among the compiled ones")
	}
	return nil
}

func (b *bug) isCompiled(class string) bool {
	name := strings.ReplaceAll(class, ".", "/") + ".class"
	return slices.ContainsFunc(b.classes(), func(p place) bool {
		_, err := os.Stat(filepath.Join(b.root, filepath.FromSlash(path.Join(p.Here, name))))
		return err == nil
	})
}

// build compiles a project that was exported without classes, once. The compiler
// runs nothing of the project: no annotation processors, no build files. Where not
// all tests compile (what they need may not have been exported), those that
// decide do.
func (b *bug) build(ctx context.Context) error {
	project := path.Join(exportDir, b.ID.String(), "buggy")
	if b.hasClasses(path.Join(project, b.Properties.ClassesDir)) && b.hasClasses(path.Join(project, b.Properties.TestClassesDir)) {
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
	sources, err := b.sources(b.Properties.SourceDir)
	if err != nil {
		return err
	}
	tests, err := b.sources(b.Properties.TestDir)
	if err != nil {
		return err
	}
	err = b.javac(ctx, filepath.Join(out, "classes"), "", sources)
	if err != nil {
		return fmt.Errorf("compile the buggy version: %w", err)
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
		return fmt.Errorf("compile the tests: %w", err)
	}
	return nil
}

func (b *bug) hasClasses(here string) bool {
	found := errors.New("found")
	err := filepath.WalkDir(filepath.Join(b.root, filepath.FromSlash(here)), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(d.Name(), ".class") {
			return found
		}
		return err
	})
	return errors.Is(err, found)
}

// sources lists the Java files below a folder of the buggy version.
func (b *bug) sources(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	var all []string
	err := filepath.WalkDir(b.file("buggy", dir), func(full string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Type().IsRegular() && strings.HasSuffix(d.Name(), ".java") && d.Name() != "module-info.java":
			all = append(all, full)
		}
		return nil
	})
	return all, err
}

func (b *bug) triggerClasses() list {
	var all list
	for _, test := range b.Properties.TriggerTests {
		class, _, _ := strings.Cut(test, "::")
		all = append(all, class)
	}
	return all
}

// filesOf are the files of test classes, as far as they are there.
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

// javac compiles files into a folder. With a source path, what they need of it is
// compiled, too.
func (b *bug) javac(ctx context.Context, out, sourcePath string, files []string) error {
	if len(files) == 0 {
		return nil
	}
	command, err := exec.LookPath("javac")
	if err != nil {
		return fmt.Errorf("the export has no compiled classes, and there is no compiler here: %w; on Debian: apt-get install openjdk-17-jdk-headless", err)
	}
	var classPath []string
	for _, p := range append(b.classes(), b.Paths.Libraries...) {
		classPath = append(classPath, filepath.Join(b.root, filepath.FromSlash(p.Here)))
	}
	if b.needsJUnit() {
		classPath = append(classPath, "/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar")
	}
	source := ""
	if sourcePath != "" {
		source = b.file("buggy", sourcePath)
	}
	var arguments bytes.Buffer
	for _, argument := range append(append([]string{"-nowarn", "-proc:none", "-g", "-implicit:class", "-d", out,
		"-cp", strings.Join(classPath, ":"), "-sourcepath", source}, b.compilerOptions()...), files...) {
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
		return fmt.Errorf("%w: %s", errors.Join(context.Cause(ctx), err), firstError(strings.ReplaceAll(string(output), b.file("buggy", "")+"/", "")))
	}
	return nil
}

// group has a command and all that it starts ended together.
func group(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	return c
}

// firstError is the first line of a compiler's output that says what is wrong.
func firstError(output string) string {
	for line := range strings.Lines(output) {
		if strings.Contains(line, "error:") {
			return strings.TrimSpace(line)
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(output), "\n")
	return first
}

// needsJUnit reports whether the libraries hold no JUnit of their own.
func (b *bug) needsJUnit() bool {
	for _, p := range b.Paths.Libraries {
		if strings.Contains(strings.ToLower(path.Base(p.Here)), "junit") {
			return false
		}
	}
	return true
}

// oldest and newest are the source levels that JDK 17 compiles.
const oldest, newest = 7, 17

// compilerOptions are the project's source level and encoding, as far as the
// compiler here can follow: programs for Java 1.5 and 1.6 are compiled as Java 7.
func (b *bug) compilerOptions() []string {
	encoding := b.Properties.Encoding
	if encoding == "" {
		encoding = "UTF-8"
	}
	options := []string{"-encoding", encoding}
	if level, err := strconv.Atoi(b.Properties.SourceLevel); err == nil && level >= 1 && level <= newest {
		options = append(options, "--release", strconv.Itoa(max(level, oldest)))
	}
	return options
}

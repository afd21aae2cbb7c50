package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
)

// build is a way to compile a project with its tests.
type build struct {
	name     string
	tests    string   // the folder of the tests' sources, in the project
	testDirs []string // that hold nothing but tests
	// make builds the project in a folder of the repository's checkout.
	make func(ctx context.Context, repository, project string) (*built, error)
}

// built is a project after its build. Folders are relative to it.
type built struct {
	sources, tests       string
	classes, testClasses string
	resources            []string // further folders of compiled output
	// classpath are the libraries: relative to the project, or absolute.
	classpath []string
}

// chooseBuild finds how a project is built, by its files if the request does not say.
func chooseBuild(r *benchmark.ImportRequest, project string) (build, error) {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			_, err := os.Stat(filepath.Join(project, name))
			return err == nil
		})
	}
	name := r.Build
	if name == "" {
		switch {
		case has("pom.xml"):
			name = "maven"
		case has("build.gradle", "build.gradle.kts"):
			name = "gradle"
		default:
			name = "javac"
		}
	}
	first := func(given string, names ...string) string {
		if i := slices.IndexFunc(names, func(name string) bool { return has(name) }); given == "" && i >= 0 {
			return names[i]
		}
		return filepath.Clean(given)
	}
	sources := first(r.Sources, "src/main/java", "src/java", "source", "src")
	tests := first(r.Tests, "src/test/java", "src/test", "tests", "test")
	for _, dir := range []struct{ flag, name string }{{"sources", sources}, {"tests", tests}} {
		if dir.name == "." || !filepath.IsLocal(dir.name) || !has(dir.name) {
			return build{}, fmt.Errorf("the fixed version has no folder of %s; name it with --%s", dir.flag, dir.flag)
		}
	}
	layout := built{sources: sources, tests: tests, classpath: absoluteAll(r.Classpath, r.BaseDir)}
	b := build{name: name, tests: tests, testDirs: []string{tests}}
	if tests == "src/test/java" {
		b.testDirs = []string{"src/test"} // with the resources of tests
	}
	switch name {
	case "maven":
		b.make = layout.maven
	case "gradle":
		b.make = layout.gradle
	case "javac":
		b.make = layout.javac
	default:
		return build{}, fmt.Errorf("--build %s: expected maven, gradle or javac", name)
	}
	base := b.make
	b.make = func(ctx context.Context, repository, project string) (*built, error) {
		made, err := base(ctx, repository, project)
		if err != nil {
			return nil, err
		}
		return made, made.finish(project)
	}
	return b, nil
}

func absoluteAll(names []string, baseDir string) []string {
	var all []string
	for _, name := range names {
		all = append(all, absolute(name, baseDir))
	}
	return all
}

// finish checks what a build left, and names what is in the project relative to it.
func (b *built) finish(project string) error {
	entries := b.classpath
	b.classpath = nil
	for _, entry := range entries {
		info, err := os.Stat(entry)
		inside, relErr := filepath.Rel(project, entry)
		within := relErr == nil && filepath.IsLocal(inside)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("the class path has %s, which is not there", entry)
		case err != nil:
			return err
		case info.IsDir() && !within:
			return fmt.Errorf("the class path has the folder %s, outside of the project: pack it as a jar, and give that with --classpath", entry)
		case within:
			entry = filepath.ToSlash(inside)
		}
		if own := slices.Concat([]string{b.classes, b.testClasses}, b.resources); !slices.Contains(own, entry) && !slices.Contains(b.classpath, entry) {
			b.classpath = append(b.classpath, entry)
		}
	}
	for _, dir := range []string{b.classes, b.testClasses} {
		if _, err := os.Stat(filepath.Join(project, dir)); err != nil {
			return fmt.Errorf("the build left no classes in %s", dir)
		}
	}
	return nil
}

// maven compiles by Maven: with the project's own wrapper, if it has one.
func (layout built) maven(ctx context.Context, repository, project string) (*built, error) {
	layout.classes, layout.testClasses = "target/classes", "target/test-classes"
	list := filepath.Join(project, "target", "classpath.harness")
	arguments := []string{"-o", "-B", "-q", "-DskipTests", "test-compile", "dependency:build-classpath", "-Dmdep.outputFile=" + list, "-Dmdep.includeScope=test"}
	if module, err := filepath.Rel(repository, project); err == nil && module != "." {
		arguments = append(arguments, "-pl", module, "-am")
	}
	if _, err := runBuild(ctx, repository, "mvnw", "mvn", arguments...); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("maven did not say the class path: %w", err)
	}
	layout.classpath = append(filepath.SplitList(strings.TrimSpace(string(text))), layout.classpath...)
	return &layout, os.Remove(list)
}

// gradleScript defines the task harnessProject, which compiles and prints what it made.
//
//go:embed import.gradle
var gradleScript []byte

// gradle compiles by Gradle: with the project's own wrapper, if it has one.
func (layout built) gradle(ctx context.Context, repository, project string) (*built, error) {
	script := filepath.Join(filepath.Dir(repository), "harness.gradle")
	if err := os.WriteFile(script, gradleScript, 0o644); err != nil {
		return nil, err
	}
	task := "harnessProject"
	if module, err := filepath.Rel(repository, project); err == nil && module != "." {
		task = ":" + strings.ReplaceAll(filepath.ToSlash(module), "/", ":") + ":" + task
	} else {
		task = ":" + task
	}
	text, err := runBuild(ctx, repository, "gradlew", "gradle", "--offline", "-q", "--console=plain", "--init-script", script, task)
	if err != nil {
		return nil, err
	}
	return layout.readGradle(project, string(text))
}

// readGradle reads what the task harnessProject prints: lines "harness KIND PATH:PATH".
func (layout built) readGradle(project, text string) (*built, error) {
	paths := map[string][]string{}
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "harness "); ok {
			kind, list, _ := strings.Cut(rest, " ")
			paths[kind] = append(paths[kind], filepath.SplitList(list)...)
		}
	}
	for _, output := range []struct {
		kind string
		to   *string
	}{{"classes", &layout.classes}, {"test-classes", &layout.testClasses}} {
		for _, dir := range paths[output.kind] {
			inside, err := filepath.Rel(project, dir)
			if err != nil || !filepath.IsLocal(inside) {
				return nil, fmt.Errorf("gradle compiles to %s, outside of the project", dir)
			}
			// Kotlin's and Groovy's classes are in folders of their own.
			if *output.to == "" || strings.Contains(inside, "/java/") {
				if *output.to != "" {
					layout.resources = append(layout.resources, *output.to)
				}
				*output.to = filepath.ToSlash(inside)
			} else {
				layout.resources = append(layout.resources, filepath.ToSlash(inside))
			}
		}
		if *output.to == "" {
			return nil, errors.New("gradle did not say where it compiles to: is there a java plugin in the build?")
		}
	}
	for _, dir := range paths["resources"] {
		if inside, err := filepath.Rel(project, dir); err == nil && filepath.IsLocal(inside) {
			layout.resources = append(layout.resources, filepath.ToSlash(inside))
		}
	}
	missing := func(entry string) bool { _, err := os.Stat(entry); return err != nil } // a folder that no class is in
	layout.classpath = append(slices.DeleteFunc(paths["classpath"], missing), layout.classpath...)
	return &layout, nil
}

// javac compiles by the compiler alone.
func (layout built) javac(ctx context.Context, _, project string) (*built, error) {
	layout.classes, layout.testClasses = "target/classes", "target/test-classes"
	jars, err := filepath.Glob(filepath.Join(project, "lib", "*.jar"))
	if err != nil {
		return nil, err
	}
	layout.classpath = append(jars, layout.classpath...)
	for _, step := range []struct{ from, to string }{{layout.sources, layout.classes}, {layout.tests, layout.testClasses}} {
		names, err := javaFiles(ctx, filepath.Join(project, step.from))
		if err != nil {
			return nil, err
		}
		var files []string
		for _, name := range names {
			// Tests may be in a folder of the sources.
			inTests := step.from == layout.sources && below(filepath.ToSlash(filepath.Join(step.from, name)), layout.tests)
			if !inTests && filepath.Base(name) != "module-info.java" {
				files = append(files, filepath.Join(project, step.from, filepath.FromSlash(name)))
			}
		}
		out := filepath.Join(project, step.to)
		if err := os.MkdirAll(out, 0o755); err != nil {
			return nil, err
		}
		path := slices.Concat([]string{filepath.Join(project, layout.classes)}, layout.classpath, junit)
		if err := compile(ctx, project, out, path, "", []string{"-encoding", "UTF-8"}, files); err != nil {
			return nil, err
		}
		if err := copyResources(filepath.Join(project, step.from), out); err != nil {
			return nil, err
		}
	}
	return &layout, nil
}

// copyResources copies what is no source into the folder of the classes.
func copyResources(from, to string) error {
	return filepath.WalkDir(from, func(full string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(full, ".java") {
			return err
		}
		inside, err := filepath.Rel(from, full)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		target := filepath.Join(to, inside)
		return errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, content, 0o644))
	})
}

// runBuild runs a repository's own wrapper, or the command of the machine.
func runBuild(ctx context.Context, repository, wrapper, command string, arguments ...string) ([]byte, error) {
	name := filepath.Join(repository, wrapper)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o100 == 0 {
		if name, err = exec.LookPath(command); err != nil {
			return nil, fmt.Errorf("the repository has no %s, and there is no command %s; --build javac needs neither", wrapper, command)
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, testLimit, fmt.Errorf("it takes more than %s", testLimit))
	defer cancel()
	cmd := group(exec.CommandContext(ctx, name, arguments...))
	cmd.Dir = repository
	var stdout, both bytes.Buffer
	cmd.Stdout, cmd.Stderr = tee{&stdout, &both}, &both
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(arguments, " "), errors.Join(context.Cause(ctx), err), buildError(both.String()))
	}
	return stdout.Bytes(), nil
}

var (
	escapes    = regexp.MustCompile("\x1b\\[[0-9;]*m")
	mavenError = regexp.MustCompile(`(?m)^\[ERROR\][ \t]+(\S.*)$`)
	// Gradle says "What went wrong:" and explains in the next lines.
	gradleError = regexp.MustCompile(`(?m)^\* What went wrong:\n((?:.+\n?)+)`)
)

// buildError returns what a build says of its first error.
func buildError(output string) string {
	output = escapes.ReplaceAllString(output, "")
	for _, pattern := range []*regexp.Regexp{mavenError, gradleError} {
		if found := pattern.FindStringSubmatch(output); found != nil {
			return strings.Join(strings.Fields(found[1]), " ")
		}
	}
	return firstError(output)
}

// tee writes to two buffers.
type tee [2]*bytes.Buffer

func (t tee) Write(p []byte) (int, error) {
	t[0].Write(p)
	return t[1].Write(p)
}

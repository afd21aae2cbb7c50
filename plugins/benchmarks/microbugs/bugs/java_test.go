package bugs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"harness/core/needs"
)

// TestJavaJudgesEveryBug compiles all wrong classes in one compiler run and all fixed
// ones in another, and runs the tests of each set in one JVM. A third set are the
// classes in which all hunks but one are fixed.
func TestJavaJudgesEveryBug(t *testing.T) {
	classpath := junit(t)
	bugs := all(t)
	fails := func(t *testing.T, bugs []Bug, text func(Bug) string) {
		failed := failedClasses(judge(t, classpath, bugs, text))
		for _, bug := range bugs {
			if !failed["micro."+bug.ID+"Test"] {
				t.Errorf("%s: no test fails", bug.ID)
			}
		}
	}
	t.Run("every wrong class fails a test", func(t *testing.T) {
		fails(t, bugs, func(b Bug) string { return b.Source })
	})
	t.Run("every fixed class passes", func(t *testing.T) {
		report := judge(t, classpath, bugs, Bug.FixedSource)
		for class := range failedClasses(report) {
			t.Errorf("%s fails on the fixed class", class)
		}
		if !strings.Contains(report, "\nOK (") {
			t.Errorf("JUnit does not report OK:\n%s", report)
		}
	})
	for place := 0; ; place++ {
		var several []Bug
		for _, bug := range bugs {
			if len(bug.Hunks) > max(place, 1) {
				several = append(several, bug)
			}
		}
		if len(several) == 0 {
			break
		}
		t.Run(fmt.Sprintf("no hunk %d can be left as it is", place+1), func(t *testing.T) {
			fails(t, several, func(b Bug) string {
				fixes := b.Fixes()
				fixes[place] = b.cut(b.Hunks[place].Span)
				return b.Patched(fixes...)
			})
		})
	}
}

// junit returns the class path of JUnit 4, and ends the test without that or a JDK.
func junit(t *testing.T) string {
	t.Helper()
	jars := []string{"/usr/share/java/junit4.jar", "/usr/share/java/hamcrest-core.jar"}
	needs.Installed(t, "apt-get install openjdk-17-jdk-headless junit4", append(jars, "javac", "java")...)
	return strings.Join(jars, ":")
}

// judge compiles the version of each class that text chooses, runs the tests
// and returns JUnit's report.
func judge(t *testing.T, classpath string, bugs []Bug, text func(Bug) string) string {
	t.Helper()
	dir := t.TempDir()
	compile := []string{"-d", "out", "-cp", classpath, "-nowarn", "-proc:none"}
	var tests []string
	for _, bug := range bugs {
		tests = append(tests, "micro."+bug.ID+"Test")
		for name, text := range map[string]string{bug.ID + ".java": text(bug), bug.ID + "Test.java": bug.Test} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			compile = append(compile, name)
		}
	}
	if out, err := execute(t, dir, "javac", compile...); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	// JUnit's exit status is 1 when a test fails.
	out, err := execute(t, dir, "java", append([]string{
		"-Xmx256m", "-XX:+UseSerialGC", "-cp", "out:" + classpath, "org.junit.runner.JUnitCore"}, tests...)...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("java: %v\n%s", err, out)
	}
	return out
}

// execute runs a program for at most two minutes and kills its whole process
// group then.
func execute(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// failedClasses reads the headings of failures: "3) zero(micro.GcdTest)".
func failedClasses(report string) map[string]bool {
	out := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^\d+\) \w+\(([\w.]+)\)$`).FindAllStringSubmatch(report, -1) {
		out[match[1]] = true
	}
	return out
}

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/needs"
	"harness/core/sdk/benchmark"
)

func TestParseJUnit(t *testing.T) {
	for name, c := range map[string]struct {
		output  string
		failing []string
		tests   int
		says    string
	}{
		"all pass": {output: "JUnit version 4.13.2\n...\nTime: 0.07\n\nOK (3 tests)\n", failing: []string{}, tests: 3},
		"one":      {output: "OK (1 test)\n", failing: []string{}, tests: 1},
		"some fail": {
			output:  "Time: 0.1\nThere were 3 failures:\n1) adds[2](a.SumTest)\njava.lang.AssertionError\n2) adds[3](a.SumTest)\nx\n3) isRight(a.b.Other$InnerTest)\nFAILURES!!!\nTests run: 9,  Failures: 3\n",
			failing: []string{"a.SumTest::adds", "a.b.Other$InnerTest::isRight"}, tests: 9,
		},
		"a class":    {output: "1) initializationError(a.SumTest)\nTests run: 1,  Failures: 1\n", failing: []string{"a.SumTest"}, tests: 1},
		"no end":     {output: "JUnit version 4.13.2\n..", says: "JUnit came to no end"},
		"unnamed":    {output: "Tests run: 2,  Failures: 2\n1) a(B)\n", says: "says that 2 tests failed, and names 1"},
		"none":       {output: "OK (0 tests)\n", says: "no test ran"},
		"said by it": {output: "OK (7 tests)\n1) a(B)\nTests run: 2,  Failures: 1\n", failing: []string{"B::a"}, tests: 2},
	} {
		got, err := parseJUnit(c.output)
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: error %v, want %q", name, err, c.says)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case got.tests != c.tests || !cmp.Equal(got.failing, c.failing):
			t.Errorf("%s: %d tests, failing %v", name, got.tests, got.failing)
		}
	}
}

func FuzzParseJUnit(f *testing.F) {
	f.Add("1) adds[2](a.SumTest)\nTests run: 9,  Failures: 1\n")
	f.Add("OK (3 tests)\n")
	f.Fuzz(func(t *testing.T, output string) {
		if got, err := parseJUnit(output); err == nil && got.tests == 0 {
			t.Errorf("no test ran in %q", output)
		}
	})
}

func TestBuildError(t *testing.T) {
	for output, want := range map[string]string{
		"\x1b[0m[INFO] Scanning\n[ERROR] \n\x1b[31m[ERROR]\x1b[0m A.java:[3,5] cannot find symbol\n[ERROR] more\n":                              "A.java:[3,5] cannot find symbol",
		"FAILURE: Build failed\n\n* What went wrong:\nExecution failed for task ':compileJava'.\n> No cached version of junit\n\n* Try:\n> Run": "Execution failed for task ':compileJava'. > No cached version of junit",
		"A.java:3: error: ';' expected\n": "A.java:3: error: ';' expected",
	} {
		if got := buildError(output); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// commitFiles writes files of a repository, which it makes, and commits all.
func commitFiles(t *testing.T, repository string, files map[string]string) (commit string) {
	t.Helper()
	for name, content := range files {
		write(t, filepath.Join(repository, name), content)
		if name == "gradlew" {
			if err := os.Chmod(filepath.Join(repository, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out []byte
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "change"}, {"rev-parse", "HEAD"}} {
		var err error
		if out, err = exec.CommandContext(t.Context(), "git", append([]string{"-C", repository, "-c", "user.name=a", "-c", "user.email=a@b.c"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	return strings.TrimSpace(string(out))
}

// A jar that is named on the command line is there for javac, for the tests, and in the
// bug's folder. Bugs of two modules between the same commits are two bugs.
func TestImportWithAJar(t *testing.T) {
	needs.Installed(t, "apt-get install git openjdk-17-jdk-headless junit4", "git", "javac", "jar", junit[0])
	dir := t.TempDir()
	write(t, filepath.Join(dir, "lib", "Two.java"), "package lib;\npublic class Two { public static final int TWO = Integer.parseInt(\"2\"); }\n")
	for _, command := range []string{"javac -d . lib/Two.java", "jar --create --file two.jar lib/Two.class"} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	repository := filepath.Join(dir, "twos")
	const text = "public class One { public static int one() { return lib.Two.TWO; } }\n"
	files := map[string]string{}
	for _, module := range []string{"a", "b"} {
		files[module+"/src/One.java"] = text
		files[module+"/test/OneTest.java"] = "import org.junit.*;\npublic class OneTest { @Test public void isOne() { Assert.assertEquals(lib.Two.TWO - 1, One.one()); } }\n"
	}
	buggy := commitFiles(t, repository, files)
	for _, module := range []string{"a", "b"} {
		files[module+"/src/One.java"] = strings.Replace(text, "TWO;", "TWO - 1;", 1)
	}
	fixed := commitFiles(t, repository, files)
	to := t.TempDir()
	for i, module := range []string{"a", "b", "a"} {
		last := ""
		err := defects4j{}.Import(t.Context(), &benchmark.ImportRequest{
			Repository: "twos", BaseDir: dir, Buggy: buggy, Fixed: fixed, Dir: to, Module: module, Classpath: []string{"two.jar"},
		}, func(e *benchmark.FetchEvent) { last = e.Message })
		want := []string{"twos-1: 1 of 1 tests", "twos-2: 1 of 1 tests", "twos-1 is already there"}[i]
		if err != nil || !strings.HasPrefix(last, want) {
			t.Errorf("module %s: %v: %q, want %q", module, err, last, want)
		}
	}
	if _, err := os.Stat(filepath.Join(to, "twos-2", "lib", "two.jar")); err != nil {
		t.Error(err)
	}
}

// A repository with a wrapper of Gradle, which stands for Gradle: it compiles, and prints
// what the task of import.gradle prints.
func TestImportByGradle(t *testing.T) {
	files := map[string]string{
		"build.gradle": "plugins { id 'java' }\n",
		"gradlew": `#!/bin/sh
case "$*" in
*--offline*--init-script*:harnessProject) ;;
*) echo "unexpected: $*" >&2; exit 1 ;;
esac
out=$PWD/build/classes/java
mkdir -p $out/main $out/test
javac -d $out/main $(find src/main -name '*.java') &&
javac -cp $out/main:/usr/share/java/junit4.jar -d $out/test $(find src/test -name '*.java') || exit 1
echo "harness classes $out/main"
echo "harness test-classes $out/test"
echo "harness resources "
echo "harness classpath $out/test:$out/main:$PWD/build/resources/none:/usr/share/java/junit4.jar"
`,
		"src/main/java/One.java":     "public class One { public static int one() { return 2; } }\n",
		"src/test/java/OneTest.java": "import org.junit.*;\npublic class OneTest { @Test public void isOne() { Assert.assertEquals(1, One.one()); } }\n",
		"src/test/java/NewTest.java": "import org.junit.jupiter.api.Test;\npublic class NewTest { @Test void none() { } }\n",
	}
	repository := filepath.Join(t.TempDir(), "one-two")
	needs.Installed(t, "apt-get install git openjdk-17-jdk-headless junit4", "git", "javac", junit[0])
	commit := func(change map[string]string) string { return commitFiles(t, repository, change) }
	newer := commit(files)
	if err := os.Remove(filepath.Join(repository, "src/test/java/NewTest.java")); err != nil {
		t.Fatal(err)
	}
	buggy := commit(map[string]string{"README": "one\n"})
	fixed := commit(map[string]string{"src/main/java/One.java": strings.Replace(files["src/main/java/One.java"], "2", "1", 1)})
	to := t.TempDir()
	bring := func(buggy, fixed string, change func(*benchmark.ImportRequest)) (said []string, err error) {
		r := &benchmark.ImportRequest{Repository: repository, Buggy: buggy, Fixed: fixed, Dir: to}
		change(r)
		err = defects4j{}.Import(context.WithoutCancel(t.Context()), r, func(e *benchmark.FetchEvent) { said = append(said, e.Message) })
		return said, err
	}
	said, err := bring(buggy, fixed, func(*benchmark.ImportRequest) {})
	if err != nil || said[len(said)-1] != "onetwo-1: 1 of 1 tests fail with the bug; the fix changes one file" {
		t.Errorf("%v: %q", err, said)
	}
	content, err := readFile(filepath.Join(to, "onetwo-1", "export.json"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := parseProperties(content)
	if err != nil {
		t.Fatal(err)
	}
	if p.ClassesDir != "build/classes/java/main" || !cmp.Equal(p.TriggerTests, list{"OneTest::isOne"}) || !cmp.Equal(p.ModifiedClasses, list{"One"}) || p.BuggyRevision != buggy || p.Revision != fixed {
		t.Errorf("export.json: %s", content)
	}
	for name, c := range map[string]struct {
		buggy, fixed string
		change       func(*benchmark.ImportRequest)
		says         string
	}{
		"a test for JUnit 5": {newer, newer, func(r *benchmark.ImportRequest) { r.TestClasses = []string{"NewTest"}; r.Build = "javac" }, "for JUnit 5, which the judge cannot run"},
		"another name":       {buggy, fixed, func(r *benchmark.ImportRequest) { r.Project = "a-b" }, `a project cannot be named "a-b"`},
		"a module outside":   {newer, fixed, func(r *benchmark.ImportRequest) { r.Module = "../x" }, "--module ../x leads out of the repository"},
		"classes elsewhere": {newer, buggy, func(r *benchmark.ImportRequest) {
			r.Module = "src"
			r.Build = "gradle"
			r.Sources, r.Tests = "main/java", "test/java"
		}, "outside of the project"},
	} {
		if said, err := bring(c.buggy, c.fixed, c.change); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q; it said %q", name, err, c.says, said)
		}
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

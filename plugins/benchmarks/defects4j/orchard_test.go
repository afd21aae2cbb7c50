package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

// The orchard is a project of this package's own, of 13 classes in ISO-8859-1,
// one of them with CR LF, laid out as an installation of Defects4J:
//
//	1 two hunks in two methods       5 two files
//	2 one line                       6 a constant that others have inlined
//	3 in the file with CR LF         7 one line; its test is parameterised
//	4 lines are missing              8 lines are too many
const orchard = "testdata/installation"

// orchardDefects are the numbers of its bugs.
var orchardDefects = []int{1, 2, 3, 4, 5, 6, 7, 8}

// lines of one of the installation's files about a bug.
func orchardLines(t *testing.T, what string, n int) []string {
	t.Helper()
	suffix := ""
	if what == "modified_classes" {
		suffix = ".src"
	}
	content, err := os.ReadFile(filepath.Join(orchard, "framework/projects/Orchard", what, fmt.Sprint(n)+suffix))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if test, ok := strings.CutPrefix(line, "--- "); ok || what != "trigger_tests" {
			if !ok {
				test = line
			}
			lines = append(lines, test)
		}
	}
	return lines
}

// orchardVersion writes a version of the project: buggy ones are patched.
func orchardVersion(t *testing.T, n int, buggy bool, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(orchard, "project_repos/Orchard"))); err != nil {
		t.Fatal(err)
	}
	if !buggy {
		return
	}
	patch, err := filepath.Abs(filepath.Join(orchard, "framework/projects/Orchard/patches", fmt.Sprint(n)+".src.patch"))
	if err != nil {
		t.Fatal(err)
	}
	git := exec.Command("git", "apply", "--whitespace=nowarn", patch)
	git.Dir = dir
	git.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// exportOrchard writes a bug as the exporter does, but without compiled classes and
// JUnit, and with the whole fixed tree or the changed files only.
func exportOrchard(t *testing.T, dir string, n int, whole bool) {
	t.Helper()
	bug := filepath.Join(dir, fmt.Sprint("Orchard-", n))
	orchardVersion(t, n, true, filepath.Join(bug, "buggy"))
	fixed := filepath.Join(bug, "fixed")
	if whole {
		orchardVersion(t, n, false, fixed)
	} else {
		for _, class := range orchardLines(t, "modified_classes", n) {
			name := "src/main/java/" + strings.ReplaceAll(class, ".", "/") + ".java"
			content, err := os.ReadFile(filepath.Join(orchard, "project_repos/Orchard", name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(fixed, name), string(content))
		}
	}
	content, err := json.MarshalIndent(properties{
		Format: exportFormat, ID: fmt.Sprint("Orchard-", n), SourceDir: "src/main/java", TestDir: "src/test/java",
		ClassesDir: "target/classes", TestClassesDir: "target/test-classes",
		CompilePath: list{"buggy/target/classes"}, TestPath: list{"buggy/target/classes", "buggy/target/test-classes", "lib/absent.jar"},
		ModifiedClasses: orchardLines(t, "modified_classes", n), RelevantTests: orchardLines(t, "relevant_tests", n),
		TriggerTests: orchardLines(t, "trigger_tests", n), BuggyFailures: orchardLines(t, "trigger_tests", n),
		SourceLevel: "6", Encoding: "ISO-8859-1",
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(bug, "export.json"), string(content))
}

// changeExport changes the export.json of a bug's folder.
func changeExport(t *testing.T, bug string, change func(*properties)) {
	t.Helper()
	name := filepath.Join(bug, "export.json")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parseProperties(content)
	if err != nil {
		t.Fatal(err)
	}
	change(&p)
	if content, err = json.Marshal(p); err != nil {
		t.Fatal(err)
	}
	write(t, name, string(content))
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fetched fetches with a configuration and returns the client and the folder.
func fetched(t *testing.T, config string) (benchmark.Benchmark, string) {
	t.Helper()
	b := plugintest.Benchmark(t, defects4j{})
	dir := t.TempDir()
	err := b.Fetch(t.Context(), &benchmark.FetchRequest{Config: []byte(config), Dir: dir}, func(e *benchmark.FetchEvent) { t.Log(e.Message) })
	if err != nil {
		t.Fatal(err)
	}
	return b, dir
}

var update = flag.Bool("update", false, "write golden files")

// golden compares with a file of testdata/golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		write(t, file, string(got))
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", file, diff)
	}
}

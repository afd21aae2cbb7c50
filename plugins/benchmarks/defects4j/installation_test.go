package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"harness/core/needs"
	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
)

// fakeInstallation returns the folder of an installation: a command that answers as Defects4J's does, over
// the orchard. With a mode it is a copy in which that goes wrong.
func fakeInstallation(t *testing.T, mode string) string {
	t.Helper()
	needs.Installed(t, "apt-get install perl git openjdk-17-jdk-headless junit4", "perl", "git", "javac", "/usr/share/java/junit4.jar")
	dir, err := filepath.Abs(orchard)
	if err != nil {
		t.Fatal(err)
	}
	if mode == "" {
		return dir
	}
	copied := t.TempDir()
	if err := copyInto(t.Context(), dir, copied, nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(copied, "framework", "mode"), mode+"\n")
	return copied
}

// export has the plugin export bugs.
func export(t *testing.T, installation, to string, bugs ...string) error {
	t.Helper()
	b := plugintest.Benchmark(t, defects4j{})
	return b.Export(t.Context(), &benchmark.ExportRequest{
		Config: fmt.Appendf(nil, `{"installation": %q}`, installation), Dir: to, Bugs: bugs,
	}, func(e *benchmark.FetchEvent) { t.Log(e.Message) })
}

func TestExport(t *testing.T) {
	to := t.TempDir()
	write(t, filepath.Join(to, "Orchard-5", "left"), "by an earlier export")
	if err := export(t, fakeInstallation(t, ""), to, "Orchard-1", "Orchard-5"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"Orchard-1/buggy/src/main/java/orchard/Money.java":   true,
		"Orchard-1/buggy/src/test/data/prices.csv":           true,
		"Orchard-1/buggy/target/classes/orchard/Money.class": true,
		"Orchard-1/buggy/target/test-classes/orchard":        true,
		"Orchard-1/fixed/src/main/java/orchard/Money.java":   true,
		"Orchard-1/fixed/src/main/java/orchard/Label.java":   false,
		"Orchard-5/fixed/src/main/java/orchard/Tree.java":    true,
		"Orchard-5/fixed/src/main/java/orchard/Harvest.java": true,
		"Orchard-1/lib/junit4.jar":                           true,
		"Orchard-1/buggy/.git":                               false,
		"Orchard-1/buggy/failing_tests":                      false,
		"Orchard-5/left":                                     false,
	} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != want {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
	if entries, err := os.ReadDir(to); err != nil || len(entries) != 2 {
		t.Errorf("the export holds %v, %v", entries, err)
	}
	content, err := os.ReadFile(filepath.Join(to, "Orchard-1", "export.json"))
	if err != nil {
		t.Fatal(err)
	}
	content = regexp.MustCompile(`"baseline.seconds": [\d.]+`).ReplaceAll(content, []byte(`"baseline.seconds": 1`))
	content = regexp.MustCompile(`"exporter": "harness 2 [0-9a-f]{64}"`).ReplaceAll(content, []byte(`"exporter": "harness 2 …"`))
	golden(t, "export.json", content)

	// What has been exported is what is fetched from there.
	b, dir := fetched(t, fmt.Sprintf(`{"source": %q}`, to))
	var ids []string
	for _, r := range plugintest.Bugs(t, b, fmt.Appendf(nil, `{"source": %q}`, to), dir) {
		ids = append(ids, fmt.Sprint(r.Bug.Id, len(r.Bug.Hunks)))
	}
	if !slices.Equal(ids, []string{"Orchard-12", "Orchard-51"}) {
		t.Errorf("fetched %v", ids)
	}

	// Once more, it goes on with the bugs that are not there, unless the installation
	// is another.
	mark := filepath.Join(to, "Orchard-1", "mark")
	write(t, mark, "")
	for _, c := range []struct {
		mode string
		kept bool
	}{{"", true}, {"another", false}} {
		if err := export(t, fakeInstallation(t, c.mode), to, "Orchard-1"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(mark); (err == nil) != c.kept {
			t.Errorf("installation %q: the bug is kept: %t", c.mode, err == nil)
		}
	}
}

// What a fix changes is known once both versions are there: bugs outside of a subset
// that goes by it are then neither tested nor written.
func TestExportOfASubset(t *testing.T) {
	for _, c := range []struct {
		name, mode, subset, want string
		bugs, left               []string
	}{
		{name: "functions", subset: singleFunction, left: []string{"Orchard-7"}},
		{name: "hunks, by name", subset: singleHunk, bugs: []string{"Orchard-5", "Orchard-6"}, left: []string{"Orchard-6"}, want: "Orchard-5: it is not in the subset"},
		{name: "none, and no test would run", mode: "empty-all-tests", subset: singleFunction, bugs: []string{"Orchard-5"}, want: "No bug is in the subset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := t.TempDir()
			var events []string
			err := plugintest.Benchmark(t, defects4j{}).Export(t.Context(), &benchmark.ExportRequest{
				Config: fmt.Appendf(nil, `{"installation": %q, "only": ["Orchard-1", "Orchard-5", "Orchard-6", "Orchard-7"], "subset": %q}`, fakeInstallation(t, c.mode), c.subset),
				Dir:    to, Bugs: c.bugs,
			}, func(e *benchmark.FetchEvent) { events = append(events, e.Message) })
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			entries, err := os.ReadDir(to)
			var left []string
			for _, e := range entries {
				left = append(left, e.Name())
			}
			if err != nil || !slices.Equal(left, c.left) {
				t.Errorf("exported %v, %v", left, err)
			}
			if c.bugs == nil && !slices.Contains(events, "3 of 4 bugs are not in the subset") {
				t.Errorf("said %q", events)
			}
		})
	}
}

func TestInstallationsThatFail(t *testing.T) {
	for _, c := range []struct{ name, mode, bug, want string }{
		{"the wrong Java", "wrong-java", "Orchard-1", "Java 11 is required"},
		{"no test runs", "empty-all-tests", "Orchard-2", "no test ran"},
		{"a deprecated bug", "", "Orchard-9", "is not among the selected active bugs"},
		{"no such bug", "", "Orchard-99", "is not among the selected active bugs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := t.TempDir()
			err := export(t, fakeInstallation(t, c.mode), to, c.bug)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if entries, err := os.ReadDir(to); err != nil || len(entries) > 0 {
				t.Errorf("it left %v, %v", entries, err)
			}
		})
	}
	err := export(t, t.TempDir(), t.TempDir())
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "not an installation of Defects4J") {
		t.Errorf("got %v", err)
	}
}

// The box gets the tools, without what gives fixes away; and folders that the
// command looks for, even if nothing is in them.
func TestToolsOfAnInstallation(t *testing.T) {
	installation, to := t.TempDir(), t.TempDir()
	for _, name := range []string{
		"framework/bin/defects4j", "framework/projects/Orchard/patches/1.src.patch", "framework/projects/Orchard/lib/a.jar", "framework/test/all.sh",
		"major/bin/ant", "project_repos/README", "project_repos/orchard.git/HEAD", ".git/HEAD",
	} {
		write(t, filepath.Join(installation, name), name)
	}
	const empty = "framework/lib/test_generation/generation"
	if err := os.MkdirAll(filepath.Join(installation, empty), 0o755); err != nil {
		t.Fatal(err)
	}
	c := config{Installation: installation}
	if err := c.takeTools(t.Context(), &benchmark.FetchRequest{Dir: to}); err != nil {
		t.Fatal(err)
	}
	var got []string
	tools := filepath.Join(to, toolDir)
	err := filepath.WalkDir(tools, func(name string, d fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(tools, name)
		if err == nil && (!d.IsDir() || relative == empty) {
			got = append(got, relative)
		}
		return err
	})
	want := []string{"framework/bin/defects4j", empty, "framework/projects/Orchard/lib/a.jar", "major/bin/ant", "project_repos/README"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestIdentityOfAnInstallation(t *testing.T) {
	identity := func(root string) string {
		t.Helper()
		answer, err := plugintest.Benchmark(t, defects4j{}).Resolve(t.Context(), &sdk.ResolveRequest{Config: fmt.Appendf(nil, `{"installation": %q}`, root)})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Identity
	}
	whole, err := filepath.Abs(orchard)
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := copyInto(t.Context(), whole, copied, nil); err != nil {
		t.Fatal(err)
	}
	if identity(whole) != identity(copied) {
		t.Error("a copy is another installation")
	}
	before := identity(copied)
	write(t, filepath.Join(copied, "framework/projects/Orchard/relevant_tests/1"), "orchard.MoneyTest\n")
	if identity(copied) == before {
		t.Error("an installation whose bugs have changed is the same")
	}
}

// Candidates are judged by the Java service first, and those that pass there by
// the command itself. No answers are in either box.
func TestInstallationJudges(t *testing.T) {
	installation := fakeInstallation(t, "")
	config := fmt.Sprintf(`{"installation": %q, "only": ["Orchard-1", "Orchard-2", "Orchard-5", "Orchard-7"]}`, installation)
	plugin, dir := fetched(t, config)
	eachDriver(t, config, plugin, dir, func(t *testing.T, b *bench) {
		for _, bug := range []string{"Orchard-1", "Orchard-5"} {
			buggy, fixed := b.texts(t, bug)
			if v, stages := b.judge(t, bug, buggy, false); v.Outcome != benchmark.Failed || len(stages) != 1 {
				t.Errorf("%s, buggy: %v after %q: %s", bug, v.Outcome, stages, v.Detail)
			}
			if v, stages := b.judge(t, bug, buggy, true); v.Outcome != benchmark.Failed || !slices.Equal(stages, []string{quickStage, confirmStage}) {
				t.Errorf("%s, one that says it is the reference: %v after %q: %s", bug, v.Outcome, stages, v.Detail)
			}
			if v, stages := b.judge(t, bug, fixed, true); v.Outcome != benchmark.Passed || !slices.Equal(stages, []string{quickStage, confirmStage}) {
				t.Errorf("%s, fixed: %v after %q: %s", bug, v.Outcome, stages, v.Detail)
			}
		}
		if buggy, fixed := b.texts(t, "Orchard-5"); buggy != fixed {
			if v, _ := b.judge(t, "Orchard-5", fixed, false); v.Outcome != benchmark.Failed {
				t.Errorf("half of a fix: %v: %s", v.Outcome, v.Detail)
			}
		}
		// Where the service is no measure, since the reference fails there, it rejects nobody.
		for reply, final := range map[string]bool{
			`{"outcome": "failed", "reference": true, "tests": {"run": 3, "failed": 1}}`:  true,
			`{"outcome": "failed", "reference": false, "tests": {"run": 3, "failed": 1}}`: false,
			`{"outcome": "uncompilable", "reference": false}`:                             false,
			`{"outcome": "error", "reference": false}`:                                    true,
		} {
			buggy, _ := b.texts(t, "Orchard-1")
			v, err := b.Verdict(t.Context(), &benchmark.VerdictRequest{Config: []byte(b.config), Dir: b.dir, Bug: "Orchard-1", Patched: buggy, Stage: quickStage, Reply: []byte(reply)})
			if err != nil || (v.Next == nil) != final {
				t.Errorf("%s: got %v, %v", reply, v, err)
			}
		}
		slow := *b
		slow.config = strings.Replace(b.config, "{", `{"quick": false, `, 1)
		for _, c := range candidates {
			if c.bug == "Orchard-3" || c.want == benchmark.Timeout || b.driver != "bubblewrap" && c.want != benchmark.Passed {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				buggy, fixed := slow.texts(t, c.bug)
				if v, stages := slow.judge(t, c.bug, c.patch(buggy, fixed), false); v.Outcome != c.want || !slices.Equal(stages, []string{confirmStage}) {
					t.Errorf("%v after %q: %s", v.Outcome, stages, v.Detail)
				}
			})
		}
		t.Run("an endless loop is ended", func(t *testing.T) {
			buggy, _ := slow.texts(t, "Orchard-2")
			check, err := slow.Check(t.Context(), &benchmark.CheckRequest{
				Config: []byte(slow.config), Dir: slow.dir, Bug: "Orchard-2", Patched: strings.Replace(buggy, "int at = ", "while (names.size() < 1000) { }\n        int at = ", 1),
			})
			if err != nil {
				t.Fatal(err)
			}
			var request confirmRequest
			if err := json.Unmarshal(check.Payload, &request); err != nil {
				t.Fatal(err)
			}
			request.TestSeconds = 5
			if check.Payload, err = json.Marshal(request); err != nil {
				t.Fatal(err)
			}
			if v, _ := slow.follow(t, "Orchard-2", "", false, check); v.Outcome != benchmark.Timeout {
				t.Errorf("%v: %s", v.Outcome, v.Detail)
			}
		})
		t.Run("no patches are fetched", func(t *testing.T) {
			err := filepath.WalkDir(filepath.Join(b.dir, toolDir), func(name string, d fs.DirEntry, err error) error {
				if err == nil && d.Name() == "patches" {
					t.Errorf("%s is there", name)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	})
}

// What does not compile is told from a command that does not work, however long ant's
// log is.
func TestInstallationWithALongLog(t *testing.T) {
	config := fmt.Sprintf(`{"installation": %q, "quick": false, "only": ["Orchard-2"]}`, fakeInstallation(t, "long-log"))
	plugin, dir := fetched(t, config)
	eachDriver(t, config, plugin, dir, func(t *testing.T, b *bench) {
		buggy, _ := b.texts(t, "Orchard-2")
		broken := strings.Replace(buggy, "int at = ", "int at = nothing; ", 1)
		v, _ := b.judge(t, "Orchard-2", broken, false)
		if v.Outcome != benchmark.Uncompilable || !strings.Contains(v.Detail, "error: cannot find symbol") {
			t.Errorf("%v: %s", v.Outcome, v.Detail)
		}
	})
}

// The answers of the box that no candidate can bring about here.
func TestConfirmationsThatFail(t *testing.T) {
	b := &bug{Properties: properties{BuggyFailures: list{"A::a"}, Tests: 3}}
	ok := `"compile": {"exit": 0}`
	for _, c := range []struct {
		name, failure, reply string
		want                 benchmark.Outcome
	}{
		{"the box is late", "timeout", "", benchmark.Timeout},
		{"the box dies", "died", "", benchmark.Crashed},
		{"what the host does not say", "lost", "", benchmark.Error},
		{"nonsense", "", "x", benchmark.Error},
		{"nothing", "", "{}", benchmark.Error},
		{"the wrong Java", "", `{"compile": {"exit": 255, "stderr": "Java 11 is required!"}}`, benchmark.Error},
		{"it does not compile", "", `{"compile": {"exit": 1, "started": true, "stderr": "Running ant (compile)..... FAIL\nA.java:1: error: x"}}`, benchmark.Uncompilable},
		{"compiling takes for ever", "", `{"compile": {"exit": 137, "timeout": true}}`, benchmark.Uncompilable},
		{"the tests take for ever", "", `{` + ok + `, "test": {"exit": 137, "timeout": true}}`, benchmark.Timeout},
		{"the wrong Java, later", "", `{` + ok + `, "test": {"exit": 255, "stderr": "Java 11 is required!"}}`, benchmark.Error},
		{"ant dies", "", `{` + ok + `, "test": {"exit": 1, "started": true, "stderr": "Running ant (run.dev.tests)...... FAIL"}}`, benchmark.Crashed},
		{"it says nothing of tests", "", `{` + ok + `, "test": {"exit": 0}, "ran": 3}`, benchmark.Error},
		{"no test ran", "", `{` + ok + `, "test": {"exit": 0, "stdout": "Failing tests: 0\n"}, "ran": 0}`, benchmark.Error},
		{"a class fails, and no test runs", "", `{` + ok + `, "test": {"exit": 0, "stdout": "Failing tests: 1\n  - A\n"}, "ran": 0}`, benchmark.Failed},
		{"not all tests are started", "", `{` + ok + `, "test": {"exit": 0, "stdout": "Failing tests: 0\n"}, "ran": 2}`, benchmark.Crashed},
		{"it miscounts", "", `{` + ok + `, "test": {"exit": 0, "stdout": "Failing tests: 0\n  - A\n"}, "ran": 1}`, benchmark.Error},
		{"all is well", "", `{` + ok + `, "test": {"exit": 0, "stdout": "Failing tests: 0\n"}, "ran": 3}`, benchmark.Passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := b.confirmVerdict(config{}, &benchmark.VerdictRequest{Failure: c.failure, Reply: []byte(c.reply)})
			if v.Outcome != c.want {
				t.Errorf("%v: %s", v.Outcome, v.Detail)
			}
		})
	}
}

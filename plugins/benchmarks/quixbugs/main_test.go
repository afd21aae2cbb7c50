package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/java/programs"
	"harness/plugins/benchmarks/java/programs/programstest"
)

func TestDescription(t *testing.T) {
	plugintest.Describe(t, "benchmark", programs.New(quixbugs()))
	b := plugintest.Benchmark(t, programs.New(quixbugs()))
	resolved, err := b.Resolve(t.Context(), &sdk.ResolveRequest{})
	if err != nil || resolved.Identity != "4257f44b0ff1181dedaedee6a447e133219fcebf" {
		t.Errorf("the default is %v, %v", resolved, err)
	}
}

// fetched is the benchmark, from a copy of upstream's folders.
func fetched(t *testing.T) (*programstest.Fetched, map[string]programstest.Recorded) {
	t.Helper()
	from, bugs := programstest.Upstream(t, "quixbugs")
	programstest.Write(t, from, "python_programs/gcd.py", "pass\n")
	programstest.Write(t, from, "LICENSE.txt", "MIT\n")
	f, err := programstest.Fetch(t, programs.New(quixbugs()), filepath.Base(from), filepath.Dir(from))
	if err != nil {
		t.Fatal(err)
	}
	return f, bugs
}

// Where upstream's repository differs from the text that was recorded, so do
// the lines. In all other programs hunk and function are the recorded ones.
var differing = map[string]string{
	"BREADTH_FIRST_SEARCH":  "upstream's buggy program has no last return, so there are two hunks",
	"GET_FACTORS":           "upstream's has an empty line less",
	"SHORTEST_PATH_LENGTHS": "upstream's has the buggy expression on another line, and another fix",
}

func TestBugsAreTheRecordedOnes(t *testing.T) {
	f, want := fetched(t)
	records := f.Records(t)
	if len(records) != 40 {
		t.Errorf("there are %d bugs", len(records))
	}
	if _, err := os.Stat(filepath.Join(f.Dir, "python_programs")); err == nil {
		t.Error("the Python programs were fetched, too")
	}
	for id, record := range records {
		want[id].Match(t, record, differing[id])
		// SHORTEST_PATHS' correct program lacks a method that the buggy has.
		if _, err := programs.Derive(programstest.Fixed(record), want[id].Reference.Text); id != "SHORTEST_PATHS" && !errors.Is(err, programs.ErrSameCode) {
			t.Errorf("%s: the fixed program is not the correct one: %v", id, err)
		}
	}
}

// The hunks can also be derived from the texts that studies were made with,
// some with instance methods where upstream's are static.
func TestHunksOfTheOtherTexts(t *testing.T) {
	for id, b := range programstest.Read(t, "quixbugs") {
		hunks, err := programs.Derive(b.File, b.Reference.Text)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		for _, h := range hunks {
			if h.Start < b.Function.Start || h.End > b.Function.End {
				t.Errorf("%s: the hunk %d-%d is outside the function %v", id, h.Start, h.End, b.Function)
			}
		}
	}
}

// The portable form has the recorded texts and hunks.
func TestPortableForm(t *testing.T) {
	f, err := programstest.Fetch(t, programs.New(quixbugs()), programstest.Folder(t), "")
	if err != nil {
		t.Fatal(err)
	}
	want, records := programstest.Read(t, "quixbugs"), f.Records(t)
	if len(records) != 40 {
		t.Errorf("there are %d bugs", len(records))
	}
	for id, record := range records {
		recorded := want[id]
		if record.Bug.Text != recorded.File || len(record.Bug.Hunks) != 1 || int(record.Bug.Hunks[0].Start) != recorded.Hunks[0].Start || record.Fixes[0] != recorded.Hunks[0].Fixed {
			t.Errorf("%s is another bug: %v", id, record)
		}
		if !strings.HasPrefix(record.Origin, "jkoppel/QuixBugs@") || record.Licence != recorded.Licence {
			t.Errorf("%s: licence %q, origin %q", id, record.Licence, record.Origin)
		}
	}
}

func TestCheck(t *testing.T) {
	f, _ := fetched(t)
	for id, want := range map[string]struct {
		files []string
		heap  float64
	}{
		"KNAPSACK":              {[]string{"java_testcases/junit/KNAPSACK_TEST.java"}, 1024},
		"PASCAL":                {[]string{"java_testcases/junit/PASCAL_TEST.java", "java_testcases/junit/QuixFixOracleHelper.java"}, 512},
		"MINIMUM_SPANNING_TREE": {[]string{"java_programs/Node.java", "java_programs/WeightedEdge.java", "java_testcases/junit/MINIMUM_SPANNING_TREE_TEST.java"}, 512},
	} {
		check, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: id, Patched: "class X {}"})
		if err != nil {
			t.Fatal(err)
		}
		var payload struct {
			Candidate struct{ Path, Text string }
			Reference string
			Files     map[string]string
			Tests     []string
			HeapMiB   float64
		}
		if err := json.Unmarshal(check.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		if payload.Candidate.Path != "java_programs/"+id+".java" || payload.Candidate.Text != "class X {}" || !strings.Contains(payload.Reference, "class "+id) || payload.HeapMiB != want.heap {
			t.Errorf("%s: got %v", id, payload)
		}
		if diff := cmp.Diff([]string{"java_testcases.junit." + id + "_TEST"}, payload.Tests); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.files, slices.Sorted(maps.Keys(payload.Files))); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	_, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: "NONE"})
	if err == nil || !strings.Contains(err.Error(), `no bug "NONE"`) {
		t.Errorf("got %v", err)
	}
}

// judged are the programs that are judged each time; all are with
// HARNESS_TEST_ALL=1. They stand for what is special: two hunks, a large
// heap, helpers of both kinds, an older test, and the plain case.
var judged = []string{"BREADTH_FIRST_SEARCH", "GCD", "KNAPSACK", "MINIMUM_SPANNING_TREE", "SHORTEST_PATHS", "SHORTEST_PATH_LENGTH", "TO_BASE"}

// Every buggy program fails its test and every fixed one passes, in a box.
func TestBugsAndFixesInTheSandbox(t *testing.T) {
	f, _ := fetched(t)
	f.BugsAndFixes(t, judged, func(id string, v *benchmark.VerdictResponse) bool {
		if id != "KNAPSACK" || !strings.Contains(v.Detail, "TestTimedOutException") || os.Getenv("CI") == "true" {
			return false
		}
		// Upstream's test_9 fills 640 MB within a limit of its own of 3 s. It
		// takes a second or so of one core, and too long on a busy machine.
		t.Logf("NOT TESTED HERE: KNAPSACK's fixed program ran into its test's own time limit; run again on a quiet machine: %s", v.Detail)
		return true
	})
}

func TestTestsNamedOtherwise(t *testing.T) {
	dir := t.TempDir()
	programstest.Write(t, dir, "java_programs/TO_BASE.java", "package java_programs;\nclass TO_BASE { int f() {\nreturn 1;\n} }\n")
	programstest.Write(t, dir, "correct_java_programs/TO_BASE.java", "package correct_java_programs;\nclass TO_BASE { int f() {\nreturn 2;\n} }\n")
	programstest.Write(t, dir, "java_testcases/junit/ToBaseTest.java", "class ToBaseTest {}\n")
	f, err := programstest.Fetch(t, programs.New(quixbugs()), dir, "")
	if err != nil || len(f.Records(t)) != 1 {
		t.Errorf("got %v, %v", f.Records(t), err)
	}
}

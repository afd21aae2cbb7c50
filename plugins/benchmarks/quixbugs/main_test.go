package main

import (
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

func suite() programstest.Suite {
	return programstest.Suite{
		Definition: quixbugs(),
		Bugs:       40,
		More:       map[string]string{"python_programs/gcd.py": "pass\n", "LICENSE.txt": "MIT\n"},
		Unwanted:   "python_programs",
		Differs: map[string]string{
			"BREADTH_FIRST_SEARCH":  "upstream's buggy program has no last return, so there are two hunks",
			"GET_FACTORS":           "upstream's has an empty line less",
			"SHORTEST_PATH_LENGTHS": "upstream's has the buggy expression on another line, and another fix",
		},
		OtherFix: []string{"SHORTEST_PATHS"}, // the correct program lacks a method of the buggy one
		// The special cases: endless loops, two hunks, a large heap, helpers of both
		// kinds, an older test; and a plain one.
		Judged:  []string{"BITCOUNT", "BREADTH_FIRST_SEARCH", "GCD", "KNAPSACK", "MINIMUM_SPANNING_TREE", "SHORTEST_PATHS", "SHORTEST_PATH_LENGTH", "TO_BASE"},
		Excused: excused,
	}
}

// excused: upstream's test_9 of KNAPSACK fills 640 MB and has its own limit of 3 s. It
// needs about a second of one core, and takes too long on a busy machine.
func excused(t *testing.T, id string, v *benchmark.VerdictResponse) bool {
	t.Helper()
	if id != "KNAPSACK" || !strings.Contains(v.Detail, "TestTimedOutException") || os.Getenv("CI") == "true" {
		return false
	}
	t.Logf("NOT TESTED HERE: KNAPSACK's fixed program exceeded its test's own time limit; run again on an idle machine: %s", v.Detail)
	return true
}

func TestQuixBugs(t *testing.T) { suite().Test(t) }

func TestTheDefaultIsACommit(t *testing.T) {
	b := plugintest.Benchmark(t, programs.New(quixbugs()))
	resolved, err := b.Resolve(t.Context(), &sdk.ResolveRequest{})
	if err != nil || resolved.Identity != "4257f44b0ff1181dedaedee6a447e133219fcebf" {
		t.Errorf("the default is %v, %v", resolved, err)
	}
}

// The hunks can also be derived from the texts of studies, some of which have instance
// methods where upstream has static ones.
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

func TestCheck(t *testing.T) {
	f := suite().Fetched(t)
	for id, want := range map[string]struct {
		files []string
		heap  int
	}{
		"KNAPSACK":              {[]string{"java_testcases/junit/KNAPSACK_TEST.java"}, 1024},
		"PASCAL":                {[]string{"java_testcases/junit/PASCAL_TEST.java", "java_testcases/junit/QuixFixOracleHelper.java"}, 512},
		"MINIMUM_SPANNING_TREE": {[]string{"java_programs/Node.java", "java_programs/WeightedEdge.java", "java_testcases/junit/MINIMUM_SPANNING_TREE_TEST.java"}, 512},
	} {
		asked := f.Question(t, &benchmark.CheckRequest{Bug: id, Patched: "class X {}"})
		if asked.Candidate.Path != "java_programs/"+id+".java" || asked.Candidate.Text != "class X {}" || !strings.Contains(asked.Reference, "class "+id) || asked.HeapMiB != want.heap {
			t.Errorf("%s: got %v", id, asked)
		}
		if diff := cmp.Diff([]string{"java_testcases.junit." + id + "_TEST"}, asked.Tests); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.files, slices.Sorted(maps.Keys(asked.Files))); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	_, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: "NONE"})
	if err == nil || !strings.Contains(err.Error(), `unknown bug "NONE"`) {
		t.Errorf("got %v", err)
	}
}

// A copy without some files has all bugs, and says what each lacks.
func TestCopiesWithoutSomeFiles(t *testing.T) {
	dir := suite().Fetched(t).Dir
	for _, name := range []string{
		"java_testcases/junit/REVERSE_LINKED_LIST_TEST.java", "correct_java_programs/GCD.java", "java_programs/KTH.java",
		"java_programs/WRAP.java", "correct_java_programs/WRAP.java", "java_testcases/junit/WRAP_TEST.java",
	} {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	f, err := programstest.Fetch(t, programs.New(quixbugs()), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	unsound := map[string]string{}
	records := f.Records(t)
	for id, r := range records {
		if r.Unsound != "" {
			unsound[id] = r.Unsound
		}
	}
	want := map[string]string{
		"REVERSE_LINKED_LIST": "it has no test in java_testcases/junit", "GCD": "it has no correct version in correct_java_programs",
		"KTH": "it has no buggy program in java_programs",
	}
	if diff := cmp.Diff(want, unsound); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"this copy of QuixBugs lacks 1 of its 40 bugs: WRAP"}, f.Notes); diff != "" {
		t.Error(diff)
	}
	if len(records) != 39 {
		t.Errorf("%d bugs", len(records))
	}
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

package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/protocol/client"
	"harness/core/sdk"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
	"harness/core/sdk/jsonlines"
	"harness/core/sdk/plugintest"
)

// sharedBug is a line of the recorded benchmark.
type sharedBug struct {
	ID       string
	File     string
	HeadFile string `json:"head_file"`
	Path     string
	Hunks    []struct {
		Start, End int
		Fixed      string
	}
	Function  javasource.Span
	Reference struct{ Path, Text string }
	Tests     []struct{ Path, Text string }
}

// head is the program as upstream's repository has it.
func (b sharedBug) head() string {
	if b.HeadFile != "" {
		return b.HeadFile
	}
	return b.File
}

func readShared(t *testing.T, name string, each func(data []byte) error) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "benchmarks", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared data is missing: put it beside the checkout: %v", err)
		}
		t.Skipf("the shared data is missing: put it beside the checkout: %v", err)
	}
	if err := jsonlines.Each(t.Context(), path, func(_ int, data []byte) error { return each(data) }); err != nil {
		t.Fatal(err)
	}
}

// upstreamCopy rebuilds upstream's layout from the recorded benchmark.
func upstreamCopy(t *testing.T) (dir string, bugs map[string]sharedBug) {
	t.Helper()
	dir, bugs = t.TempDir(), map[string]sharedBug{}
	write := func(name, text string) {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	readShared(t, "quixbugs.jsonl", func(data []byte) error {
		var b sharedBug
		if err := jsonlines.Decode(data, &b); err != nil {
			return err
		}
		bugs[b.ID] = b
		write(b.Path, b.head())
		write(b.Reference.Path, b.Reference.Text)
		for _, test := range b.Tests {
			write(test.Path, test.Text)
		}
		return nil
	})
	readShared(t, "quixbugs_support.jsonl", func(data []byte) error {
		var s struct{ Path, Text string }
		if err := jsonlines.Decode(data, &s); err != nil {
			return err
		}
		write(s.Path, s.Text)
		return nil
	})
	write("python_programs/gcd.py", "pass\n")
	write("LICENSE.txt", "MIT\n")
	return dir, bugs
}

// fetched is the plugin, with upstream's copy fetched through it.
func fetched(t *testing.T) (b *client.Benchmark, settings []byte, dir string, bugs map[string]sharedBug) {
	t.Helper()
	from, bugs := upstreamCopy(t)
	b, dir = plugintest.Benchmark(t, quixbugs{}), t.TempDir()
	settings, err := json.Marshal(config{Source: filepath.Base(from)})
	if err != nil {
		t.Fatal(err)
	}
	err = b.Fetch(t.Context(), &benchmark.FetchRequest{Config: settings, BaseDir: filepath.Dir(from), Dir: dir}, func(*benchmark.FetchEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	return b, settings, dir, bugs
}

func TestDescription(t *testing.T) { plugintest.Describe(t, "benchmark", quixbugs{}) }

// Where upstream's repository differs from the text that was recorded, so do
// the lines. In all other programs hunk and function are the recorded ones.
var differing = map[string]string{
	"BREADTH_FIRST_SEARCH":  "upstream's buggy program has no last return, so there are two hunks",
	"GET_FACTORS":           "upstream's has an empty line less",
	"SHORTEST_PATH_LENGTHS": "upstream's has the buggy expression on another line, and another fix",
}

func TestBugsAreTheRecordedOnes(t *testing.T) {
	b, settings, dir, want := fetched(t)
	records := plugintest.Bugs(t, b, settings, dir)
	if len(records) != 40 {
		t.Errorf("there are %d bugs", len(records))
	}
	if _, err := os.Stat(filepath.Join(dir, "python_programs")); err == nil {
		t.Error("the Python programs were fetched, too")
	}
	for _, record := range records {
		bug := record.Bug
		recorded := want[bug.Id]
		var hunks []hunk
		for i, h := range bug.Hunks {
			hunks = append(hunks, hunk{int(h.Start), int(h.End), record.Fixes[i]})
		}
		same := len(hunks) == 1 && hunks[0].Start == recorded.Hunks[0].Start && hunks[0].End == recorded.Hunks[0].End
		if same != (differing[bug.Id] == "") {
			t.Errorf("%s: the hunks are %v, recorded %v", bug.Id, hunks, recorded.Hunks)
		}
		function := javasource.Span{Start: int(bug.Function.Start), End: int(bug.Function.End)}
		if differing[bug.Id] == "" && function != recorded.Function {
			t.Errorf("%s: the function is %v, recorded %v", bug.Id, function, recorded.Function)
		}
		// SHORTEST_PATHS' correct program lacks a method that the buggy has.
		if fixed := apply(bug.Text, hunks); bug.Id != "SHORTEST_PATHS" && !sameCode(fixed, recorded.Reference.Text) {
			t.Errorf("%s: the fixed program is not the correct one", bug.Id)
		}
	}
}

func TestCheck(t *testing.T) {
	b, settings, dir, _ := fetched(t)
	for id, want := range map[string]struct {
		files []string
		heap  float64
	}{
		"KNAPSACK":              {[]string{"java_programs/KNAPSACK.java", "java_testcases/junit/KNAPSACK_TEST.java"}, 1024},
		"PASCAL":                {[]string{"java_programs/PASCAL.java", "java_testcases/junit/PASCAL_TEST.java", "java_testcases/junit/QuixFixOracleHelper.java"}, 512},
		"MINIMUM_SPANNING_TREE": {[]string{"java_programs/MINIMUM_SPANNING_TREE.java", "java_programs/Node.java", "java_programs/WeightedEdge.java", "java_testcases/junit/MINIMUM_SPANNING_TREE_TEST.java"}, 512},
	} {
		check, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: settings, Dir: dir, Bug: id, Patched: "class X {}"})
		if err != nil {
			t.Fatal(err)
		}
		var payload struct {
			Files       map[string]string
			TestClasses []string
			HeapMiB     float64
		}
		if err := json.Unmarshal(check.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		if payload.Files["java_programs/"+id+".java"] != "class X {}" || payload.HeapMiB != want.heap {
			t.Errorf("%s: got %v", id, payload)
		}
		if diff := cmp.Diff([]string{"java_testcases.junit." + id + "_TEST"}, payload.TestClasses); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.files, slices.Sorted(maps.Keys(payload.Files))); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	_, err := b.Check(t.Context(), &benchmark.CheckRequest{Config: settings, Dir: dir, Bug: "NONE"})
	if err == nil || !strings.Contains(err.Error(), `no bug "NONE"`) {
		t.Errorf("got %v", err)
	}
}

func TestMistakes(t *testing.T) {
	b := plugintest.Benchmark(t, quixbugs{})
	empty := t.TempDir()
	for source, want := range map[string]string{
		"missing":               "there is no folder",
		empty:                   "there is no folder java_programs",
		"https://example.org/x": "no commit is named",
	} {
		settings, err := json.Marshal(config{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		err = b.Fetch(t.Context(), &benchmark.FetchRequest{Config: settings, BaseDir: empty, Dir: t.TempDir()}, func(*benchmark.FetchEvent) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
		if source == empty {
			continue
		}
		if _, err := b.Resolve(t.Context(), &sdk.ResolveRequest{Config: settings, BaseDir: empty}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("resolving %s: got %v, want %q", source, err, want)
		}
	}
	resolved, err := b.Resolve(t.Context(), &sdk.ResolveRequest{})
	if err != nil || resolved.Identity != "4257f44b0ff1181dedaedee6a447e133219fcebf" {
		t.Errorf("the default is %v, %v", resolved, err)
	}
}

func TestTestsNamedOtherwise(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"java_programs/TO_BASE.java":           "package java_programs;\nclass TO_BASE { int f() {\nreturn 1;\n} }\n",
		"correct_java_programs/TO_BASE.java":   "package correct_java_programs;\nclass TO_BASE { int f() {\nreturn 2;\n} }\n",
		"java_testcases/junit/ToBaseTest.java": "class ToBaseTest {}\n",
	} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := open(dir)
	if err != nil || len(s.programs) != 1 || s.programs[0].testClass() != "ToBaseTest" {
		t.Errorf("got %v, %v", s, err)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/java/programs"
	"harness/plugins/benchmarks/java/programs/programstest"
)

func TestDescription(t *testing.T) {
	plugintest.Describe(t, "benchmark", programs.New(humanEvalJava()))
}

// fetched is the benchmark, from a copy of upstream's folders.
func fetched(t *testing.T) (*programstest.Fetched, map[string]programstest.Recorded) {
	t.Helper()
	from, bugs := programstest.Upstream(t, "humanevaljava")
	programstest.Write(t, from, "target/classes/humaneval/buggy/ADD.class", "\xca\xfe")
	programstest.Write(t, from, operators, `{"ADD": ["math operator modification"], "BELOW_ZERO": ["x", "y"], "EAT": ["z", "z"], "FIB": []}`)
	f, err := programstest.Fetch(t, programs.New(humanEvalJava()), filepath.Base(from), filepath.Dir(from))
	if err != nil {
		t.Fatal(err)
	}
	return f, bugs
}

// differing are the bugs whose derived hunks are not the recorded ones.
var differing = map[string]string{
	"GET_MAX_TRIPLES":   "recorded with the outer loop's line, which stays",
	"ISCUBE":            "upstream's text has a line less than the recorded one",
	"ORDER_BY_POINTS":   "recorded with the line that moves into a condition",
	"SORT_ARRAY_BINARY": "recorded with the brace behind it, which stays",
}

func TestBugsAreTheRecordedOnes(t *testing.T) {
	f, want := fetched(t)
	records := f.Records(t)
	if len(records) != 163 {
		t.Errorf("there are %d bugs", len(records))
	}
	if _, err := os.Stat(filepath.Join(f.Dir, "target")); err == nil {
		t.Error("compiled classes were fetched, too")
	}
	for id, record := range records {
		want[id].Match(t, record, differing[id])
		if _, err := programs.Derive(programstest.Fixed(record), want[id].Reference.Text); !errors.Is(err, programs.ErrSameCode) {
			t.Errorf("%s: the fixed program is not the correct one: %v", id, err)
		}
	}
	for id, class := range map[string]string{"ADD": "math operator modification", "BELOW_ZERO": "several operators", "EAT": "z", "FIB": "", "FIB4": ""} {
		if got := records[id].Bug.Labels["class"]; got != class {
			t.Errorf("%s is of the class %q, want %q", id, got, class)
		}
	}
}

func TestPortableForm(t *testing.T) {
	f, err := programstest.Fetch(t, programs.New(humanEvalJava()), programstest.Folder(t), "")
	if err != nil {
		t.Fatal(err)
	}
	want, records := programstest.Read(t, "humanevaljava"), f.Records(t)
	if len(records) != 163 {
		t.Errorf("there are %d bugs", len(records))
	}
	for id, record := range records {
		if recorded := want[id]; record.Bug.Text != recorded.File || len(record.Bug.Hunks) != 1 || record.Fixes[0] != recorded.Hunks[0].Fixed {
			t.Errorf("%s is another bug: %v", id, record)
		}
	}
}

func TestLibraries(t *testing.T) {
	f, _ := fetched(t)
	for id, want := range map[string]string{"DO_ALGEBRA": "/usr/share/java/js.jar", "STRING_TO_MD5": "/usr/share/java/jaxb-api.jar", "ADD": ""} {
		check, err := f.Check(t.Context(), &benchmark.CheckRequest{Config: f.Config, Dir: f.Dir, Bug: id, Patched: "class X {}"})
		if err != nil {
			t.Fatal(err)
		}
		var payload struct {
			Files     map[string]string
			Tests     []string
			Classpath []string
		}
		if err := json.Unmarshal(check.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(payload.Classpath, ":"); got != want {
			t.Errorf("%s: the class path is %q, want %q", id, got, want)
		}
		if len(payload.Files) != 1 || !slices.Equal(payload.Tests, []string{"humaneval.TEST_" + id}) {
			t.Errorf("%s: got %v", id, payload)
		}
	}
}

// judged are the programs that are judged each time; all are with
// HARNESS_TEST_ALL=1: those that need a library, and a plain one.
var judged = []string{"ADD", "DO_ALGEBRA", "STRING_TO_MD5"}

// Every buggy program fails its test and every fixed one passes, in a box.
func TestBugsAndFixesInTheSandbox(t *testing.T) {
	f, _ := fetched(t)
	f.BugsAndFixes(t, judged, nil)
}

package programstest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sandbox"
	"harness/core/sandbox/sandboxtest"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/plugintest"
	"harness/plugins/benchmarks/java/programs"
)

// Suite tests a benchmark against recorded data.
type Suite struct {
	Definition programs.Definition
	Bugs       int
	// More are further files of upstream's repository, by path. Those in the folder
	// Unwanted are not fetched.
	More     map[string]string
	Unwanted string
	// Differs gives, by bug, the reason why upstream's hunks differ from the recorded ones.
	Differs map[string]string
	// OtherFix are bugs whose correct program differs in more than the fix.
	OtherFix []string
	// Judged are the bugs that are judged each time; all are with
	// HARNESS_SLOW=1.
	Judged []string
	// Excused, if set, reports that a fix failed for a reason outside of the program.
	Excused func(t *testing.T, bug string, v *benchmark.VerdictResponse) bool
}

// Test runs all tests that such benchmarks share.
func (s Suite) Test(t *testing.T) {
	t.Run("description", func(t *testing.T) { plugintest.Describe(t, "benchmark", programs.New(s.Definition)) })
	t.Run("upstream", s.upstream)
	t.Run("portable", s.portable)
	t.Run("judged", s.judged)
	t.Run("forged", s.forged)
}

// Fetched fetches the benchmark from a copy of upstream's folders.
func (s Suite) Fetched(t *testing.T) *Fetched {
	t.Helper()
	from := s.write(t)
	f, err := Fetch(t, programs.New(s.Definition), filepath.Base(from), filepath.Dir(from))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// upstream compares the bugs that are derived from upstream's folders with those
// that were recorded.
func (s Suite) upstream(t *testing.T) {
	f, want := s.Fetched(t), Read(t, s.Definition.Name)
	if _, err := os.Stat(filepath.Join(f.Dir, filepath.FromSlash(s.Unwanted))); err == nil {
		t.Errorf("%s was fetched, too", s.Unwanted)
	}
	for id, record := range s.records(t, f) {
		want[id].match(t, record, s.Differs[id])
		if _, err := programs.Derive(fixed(record), want[id].Reference.Text); !errors.Is(err, programs.ErrSameCode) && !slices.Contains(s.OtherFix, id) {
			t.Errorf("%s: the fixed program is not the correct one: %v", id, err)
		}
	}
}

// portable compares the bugs of the portable form with those that were recorded.
func (s Suite) portable(t *testing.T) {
	f, err := Fetch(t, programs.New(s.Definition), needs.Shared(t, "benchmarks"), "")
	if err != nil {
		t.Fatal(err)
	}
	want := Read(t, s.Definition.Name)
	repo, _, _ := strings.Cut(strings.TrimPrefix(s.Definition.Upstream, "https://github.com/"), "@")
	for id, record := range s.records(t, f) {
		recorded := want[id]
		if record.Bug.Text != recorded.File || len(record.Bug.Hunks) != 1 || int(record.Bug.Hunks[0].Start) != recorded.Hunks[0].Start || record.Fixes[0] != recorded.Hunks[0].Fixed {
			t.Errorf("%s is another bug: %v", id, record)
		}
		if !strings.HasPrefix(record.Origin, repo+"@") || record.Licence != recorded.Licence {
			t.Errorf("%s: licence %q, origin %q", id, record.Licence, record.Origin)
		}
	}
}

func (s Suite) records(t *testing.T, f *Fetched) map[string]*benchmark.BugRecord {
	t.Helper()
	records := f.Records(t)
	if len(records) != s.Bugs {
		t.Errorf("there are %d bugs, want %d", len(records), s.Bugs)
	}
	return records
}

// judged checks under every driver that a buggy program does not pass, and passes with
// its fix.
func (s Suite) judged(t *testing.T) {
	f := s.Fetched(t)
	records := f.Records(t)
	sandboxtest.Each(t, func(t *testing.T, _ string, pool *sandbox.Pool) {
		judge := f.judge(t, pool)
		for id, record := range records {
			if os.Getenv("HARNESS_SLOW") != "1" && !slices.Contains(s.Judged, id) {
				continue
			}
			if v := judge(id, record.Bug.Text); v.Outcome == benchmark.Passed || v.Outcome == benchmark.Error {
				t.Errorf("%s: the buggy program is %v: %s", id, v.Outcome, v.Detail)
			}
			v := judge(id, fixed(record))
			if v.Outcome != benchmark.Passed && (s.Excused == nil || !s.Excused(t, id, v)) {
				t.Errorf("%s: the fixed program is %v: %s", id, v.Outcome, v.Detail)
			}
		}
	})
}

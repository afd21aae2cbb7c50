// Package programstest tests benchmarks of package programs: it compares them with
// recorded data and judges their bugs in a box.
package programstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
	"harness/core/sdk/jsonlines"
	"harness/plugins/benchmarks/java/programs"
)

// Recorded is a bug of a recorded benchmark: the portable form with further fields.
type Recorded struct {
	ID       string
	File     string
	HeadFile string `json:"head_file"` // upstream's text, if it is not File
	Path     string
	Hunks    []struct {
		Start, End int
		Fixed      string
	}
	Function  javasource.Span
	Reference struct{ Path, Text string }
	Tests     []struct{ Path, Text string }
	Licence   string

	TestClasses []string `json:"test_classes"`
}

// Fixed returns the buggy file with the fix.
func (r Recorded) Fixed() string {
	var hunks []programs.Hunk
	for _, h := range r.Hunks {
		hunks = append(hunks, programs.Hunk{Start: h.Start, End: h.End, Fix: h.Fixed})
	}
	return programs.Apply(r.File, hunks)
}

// Read reads a recorded benchmark, by id.
func Read(t testing.TB, name string) map[string]Recorded {
	t.Helper()
	bugs := map[string]Recorded{}
	err := jsonlines.Each(t.Context(), needs.Shared(t, "benchmarks", name+".jsonl"), func(_ int, data []byte) error {
		var b Recorded
		err := jsonlines.Decode(data, &b)
		bugs[b.ID] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bugs
}

// write writes a recorded benchmark as upstream's repository has it.
func (s Suite) write(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, b := range Read(t, s.Definition.Name) {
		text := b.File
		if b.HeadFile != "" {
			text = b.HeadFile
		}
		Write(t, dir, b.Path, text)
		Write(t, dir, b.Reference.Path, b.Reference.Text)
		for _, test := range b.Tests {
			Write(t, dir, test.Path, test.Text)
		}
	}
	for path, text := range s.More {
		Write(t, dir, path, text)
	}
	support := filepath.Join(needs.Shared(t, "benchmarks"), s.Definition.Name+"_support.jsonl")
	if _, err := os.Stat(support); err == nil {
		err := jsonlines.Each(t.Context(), support, func(_ int, data []byte) error {
			var helper struct{ Path, Text string }
			if err := jsonlines.Decode(data, &helper); err != nil {
				return err
			}
			Write(t, dir, helper.Path, helper.Text)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Write writes a file below dir.
func Write(t testing.TB, dir, name, text string) {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// match compares the hunk and the method that were derived from upstream's folders with
// the recorded ones. differs is the reason for which the hunks must differ; "" means
// that they must be equal.
func (r Recorded) match(t testing.TB, record *benchmark.BugRecord, differs string) {
	t.Helper()
	bug, first := record.Bug, r.Hunks[0]
	same := len(bug.Hunks) == 1 && int(bug.Hunks[0].Start) == first.Start && int(bug.Hunks[0].End) == first.End
	if same != (differs == "") {
		t.Errorf("%s: the hunks are %v, recorded %v", r.ID, bug.Hunks, r.Hunks)
	}
	if same && (int(bug.Function.Start) != r.Function.Start || int(bug.Function.End) != r.Function.End) {
		t.Errorf("%s: the function is %v, recorded %v", r.ID, bug.Function, r.Function)
	}
	if record.Licence == "" || !strings.HasSuffix(record.Origin, ", "+r.Path) {
		t.Errorf("%s: licence %q, origin %q", r.ID, record.Licence, record.Origin)
	}
}

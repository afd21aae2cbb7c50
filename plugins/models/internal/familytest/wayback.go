package familytest

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/java"
)

// benchmarkBug is a line of the shared benchmark files.
type benchmarkBug struct {
	ID       string `json:"id"`
	File     string `json:"file"`
	Fixed    string `json:"fixed_file"`
	Function span   `json:"function"`
	Hunks    []struct {
		span
		Fixed string `json:"fixed"`
	} `json:"hunks"`
}

type span struct{ Start, End int32 }

// WayBack checks, for every bug of the shared benchmarks, that the output of a
// model that writes the reference fix becomes the reference patch. output returns
// what such a model writes after the prompt's text: the hunk's fixed lines, in the
// form that the options ask for; ok is false if the family refuses the bug.
func WayBack(t *testing.T, m model.Model, output func(o *model.PromptOptions, fixed string, method *java.Method) (text string, ok bool)) {
	eachBug(t, func(t *testing.T, b benchmarkBug) {
		h := b.Hunks[0]
		bug := &model.Bug{
			Language: "java", Text: b.File,
			Hunks:    []*model.Span{{Start: h.Start, End: h.End}},
			Function: &model.Span{Start: b.Function.Start, End: b.Function.End},
		}
		method, err := java.Find(bug)
		if err != nil {
			t.Fatal(err)
		}
		want := code(b.Fixed)
		for _, fineTuned := range []bool{true, false} {
			o := &model.PromptOptions{FineTuned: fineTuned}
			text, ok := output(o, h.Fixed, method)
			if !ok {
				continue
			}
			r, err := m.Patch(t.Context(), &model.PatchRequest{Bug: bug, Options: o, Outputs: []string{text}})
			if err != nil {
				t.Fatal(err)
			}
			if got := code(apply(b.File, r.GetPatches()[0])); got != want {
				t.Errorf("fine-tuned %v: patched file is\n%s\nwant\n%s", fineTuned, got, want)
			}
		}
	})
}

// eachBug runs a subtest for every bug of the shared benchmarks.
func eachBug(t *testing.T, run func(t *testing.T, b benchmarkBug)) {
	root := needs.Shared(t, "benchmarks")
	files, err := filepath.Glob(filepath.Join(root, "*java.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, path := range append(files, filepath.Join(root, "quixbugs.jsonl")) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var b benchmarkBug
			if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			count++
			t.Run(b.ID, func(t *testing.T) { run(t, b) })
		}
		if err := lines.Err(); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	t.Logf("%d bugs", count)
}

// apply makes a patch's edit.
func apply(text string, p *model.Patch) string {
	lines := strings.SplitAfter(text, "\n")
	e := p.GetEdits()[0]
	return strings.Join(lines[:e.GetStart()-1], "") + e.GetText() + strings.Join(lines[e.GetEnd()-1:], "")
}

// code is the text without comments and any blanks.
func code(text string) string {
	return strings.Join(strings.Fields(java.Text(java.Clean(text))), " ")
}

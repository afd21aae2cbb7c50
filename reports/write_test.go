package reports_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
	"harness/reports"
)

var update = flag.Bool("update", false, "write golden files")

// study is a report with everything that a format must cope with: grouped headings and row labels, shares, counts,
// losses, gaps, intervals, characters that are markup somewhere, notes.
func study(t testing.TB) *reports.Report {
	t.Helper()
	const p, f, u, e = score.Passed, score.Failed, score.Uncompilable, score.Error
	made := func(model, prompt, benchmark, adapter string, loss float64, lists ...[]string) score.Trial {
		trial := score.Trial{Labels: map[string]string{"model": model, "prompt": prompt, "benchmark": benchmark, "adapter": adapter}}
		for i, v := range lists {
			trial.Outcomes = append(trial.Outcomes, of(ranked{Bug: string(rune('a' + i)), Verdicts: v}))
		}
		trial.Metrics = score.Metrics(trial.Outcomes)
		if loss != 0 {
			trial.Metrics["validation.loss"] = loss
			trial.Metrics["trainable_share"] = 0.000312
			trial.Metrics["learning_rate"] = 5e-5
			trial.Metrics["trainable_parameters"] = 1310720
		}
		return trial
	}
	trials := []score.Trial{
		made("starcoder_1b", "with", "quixbugs", "none", 0, []string{p, f}, []string{f, p}, []string{f, f}),
		made("starcoder_1b", "with", "quixbugs", "lora", 0.69314718, []string{p, f}, []string{p, p}, []string{e, f}),
		made("starcoder_1b", "without", "quixbugs", "none", 0, []string{u, u}, []string{f, f}, []string{f, f}),
		made("codegen & co | 50 %", "with", "micro<bugs>", "none", 0, []string{p, p}, []string{f, f}),
		made("codegen & co | 50 %", "with", "quixbugs", "lora", 1, []string{p, p}),
	}
	specs := []reports.TableSpec{
		{Name: "pass@1", Title: "Bugs fixed by the first candidate", Rows: []string{"model", "prompt"}, Columns: []string{"benchmark", "adapter"}, Values: []string{"pass@1"}},
		{Name: "both", Rows: []string{"model", "prompt"}, Columns: []string{"benchmark", "adapter"}, Values: []string{"pass@1", "fixed@2"}, Interval: true},
		{Name: "training", Title: "Training", Rows: []string{"benchmark", "adapter", "model", "prompt"}, Values: []string{"validation.loss", "trainable_share", "trainable_parameters", "learning_rate", "compile_rate", "bugs", "attempted"}},
	}
	var notes []string
	for _, l := range score.Lints(trials) {
		notes = append(notes, l.String())
	}
	r, err := reports.Build("apr-finetuning", "The impact of *fine-tuning* on {APR} -- 100 % #1", specs, trials, append(notes, "a note with `code`, ~tilde^, a \\command and \"quotes\""))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWrite(t *testing.T) {
	r := study(t)
	for _, format := range reports.Formats() {
		t.Run(format, func(t *testing.T) {
			golden(t, "testdata/study."+format, write(t, r, format))
		})
	}
}

func write(t testing.TB, r *reports.Report, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Write(&b, r, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

package reports_test

import (
	"slices"
	"strings"
	"testing"

	"harness/core/score"
	"harness/reports"
)

// TestCompare has something of everything that a comparison shows.
func TestCompare(t *testing.T) {
	const p, f, u, e, late = score.Passed, score.Failed, score.Uncompilable, score.Error, score.Timeout
	const plausible, wrong = score.Plausible, score.Wrong
	made := func(model, adapter, benchmark string, outcomes ...score.Outcome) score.Trial {
		return score.Trial{Labels: map[string]string{"model": model, "adapter": adapter, "benchmark": benchmark, "prompt": "default"}, Outcomes: outcomes, Metrics: score.Metrics(outcomes)}
	}
	trials := []score.Trial{
		made("codellama", "lora", "quixbugs",
			of(ranked{Bug: "GCD", Verdicts: []string{p, f, u}, Published: []string{wrong, wrong, wrong}, Reasons: []string{"", "", score.ReasonInterface}, Details: []string{"4 tests", "", "the tests do not compile against it: cannot find symbol"}}),
			of(ranked{Bug: "BITCOUNT", Verdicts: []string{f, p, late}, Published: []string{plausible, plausible, wrong}, Details: []string{strings.Repeat("long ", 40), "", "a | and a * in \\it"}}),
			of(ranked{Bug: "MINIMUM_SPANNING_TREE", Verdicts: []string{f, f}, Published: []string{plausible, plausible}, Unchanged: []bool{true, true}}),
		),
		made("codellama", "ia3", "quixbugs",
			of(ranked{Bug: "GCD", Verdicts: []string{p, p, f}, Published: []string{plausible, plausible, wrong}}),
			of(ranked{Bug: "BITCOUNT", Verdicts: []string{e, p}, Published: []string{wrong, plausible}}),
			of(ranked{Bug: "SQRT", Verdicts: []string{e}, Published: []string{wrong}, Unsound: "its buggy version passes"}),
			of(ranked{Bug: "LEVENSHTEIN", Verdicts: []string{e}, Published: []string{wrong}, Reasons: []string{score.ReasonUnplaced}}),
		),
		made("codellama", "ia3", "humaneval", of(ranked{Bug: "ADD", Verdicts: []string{p, f}, Published: []string{plausible, wrong}})),
		made("unpublished", "ia3", "humaneval", of(ranked{Bug: "ADD", Verdicts: []string{p, f}})),
	}
	specs := []reports.TableSpec{
		{Name: "fixed", Title: "Bugs fixed", Rows: []string{"model", "adapter"}, Columns: []string{"benchmark"}, Values: []string{"fixed@3", "pass@1", "published.pass@1", "bugs"}},
		{Name: "losses", Rows: []string{"model", "adapter", "benchmark"}, Values: []string{"validation.loss"}},
	}
	compare := func(specs []reports.TableSpec, trials []score.Trial) *reports.Report {
		t.Helper()
		r, err := reports.Compare("study", "A study judged again", specs, trials, score.Agreements(trials, nil), []string{"a note"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, format := range reports.Formats() {
		t.Run(format, func(t *testing.T) {
			golden(t, "testdata/compare."+format, write(t, compare(specs, trials), format))
		})
	}
	t.Run("a study without tables", func(t *testing.T) {
		golden(t, "testdata/compare-default.terminal", write(t, compare(nil, trials), "terminal"))
	})
	t.Run("judges that agree", func(t *testing.T) {
		golden(t, "testdata/compare-agree.terminal", write(t, compare(nil, trials[2:3]), "terminal"))
	})
	t.Run("nearly all is not all", func(t *testing.T) {
		var o score.Outcome
		for i := range 5000 {
			ours, other := f, wrong
			if i == 0 {
				ours = u
			}
			o.Candidates = append(o.Candidates, score.Candidate{Verdict: ours, Published: other})
		}
		r := compare(nil, []score.Trial{made("m", "a", "b", o)})
		want := []string{"100.0 % (5000/5000)", "99.98 % (4999/5000)"}
		if rows := r.Tables[1].Rows; !slices.Equal(rows[0][5:], want) {
			t.Errorf("got %q, want %q", rows[0], want)
		}
	})
	t.Run("nothing published", func(t *testing.T) {
		r := compare(specs, trials[3:])
		if len(r.Tables) != 0 || !strings.Contains(strings.Join(r.Notes, "\n"), "nothing to compare") {
			t.Errorf("got %d tables and the notes %q", len(r.Tables), r.Notes)
		}
	})
	t.Run("nothing judged", func(t *testing.T) {
		r := compare(specs, []score.Trial{made("m", "a", "b", of(ranked{Bug: "x", Verdicts: []string{e}, Published: []string{"odd"}}))})
		if len(r.Tables) != 1 || !strings.Contains(strings.Join(r.Notes, "\n"), "no candidate has both") {
			t.Errorf("got %d tables and the notes %q", len(r.Tables), r.Notes)
		}
	})
}

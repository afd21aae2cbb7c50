package reports_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
	"harness/reports"
)

// scored is a trial with the metrics of its outcomes.
func scored(model string, outcomes ...score.Outcome) score.Trial {
	return score.Trial{Labels: map[string]string{"model": model, "adapter": "base"}, Outcomes: outcomes, Metrics: score.Metrics(outcomes)}
}

func TestTablesDivideBugsByTheirLabels(t *testing.T) {
	const p, f = score.Passed, score.Failed
	bug := func(id, class string, verdicts ...string) score.Outcome {
		return of(ranked{Bug: id, Verdicts: verdicts, Labels: map[string]string{"class": class}})
	}
	trials := []score.Trial{
		scored("m", bug("A", "return", p, f), bug("B", "null", f, p), bug("C", "null"), of(ranked{Bug: "D", Verdicts: []string{f, f}})),
		scored("n", bug("A", "return", f, f), bug("B", "null", p, p), bug("C", "null", f),
			of(ranked{Bug: "D", Verdicts: []string{score.Error, score.Error}, Unsound: "its buggy version passes here"})),
	}
	specs := []reports.TableSpec{
		{Name: "split", Rows: []string{"model"}, Columns: []string{"bug.class"}, Values: []string{"pass@2", "fixed@1", "fixed@2", "attempted"}},
		{Name: "unknown", Rows: []string{"bug.clas", "model"}, Values: []string{"pass@1"}},
	}
	r, err := reports.Build("s", "", specs, trials, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		// no label, null, return: each with pass@2, fixed@1, fixed@2, attempted
		{"m", "0.0 % (0/1)", "0", "0", "1", "50.0 % (1/2)", "0/1", "1/1", "1", "100.0 % (1/1)", "1", "1", "1"},
		{"n", "–", "0", "0", "0", "50.0 % (1/2)", "1", "1", "2", "0.0 % (0/1)", "0", "0", "1"},
	}
	if diff := cmp.Diff(want, r.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "–", "–", "–", "–", "null", "null", "null", "null", "return", "return", "return", "return"}, r.Tables[0].Header[0]); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`table unknown: no bug has a label "clas"; there are class`}, r.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if n := len(r.Trials); n != 2 {
		t.Errorf("the report has %d trials, want the 2 whole ones", n)
	}
}

func TestPartsAddUpToTheirTrial(t *testing.T) {
	var outcomes []score.Outcome
	for i, class := range []string{"a", "b", "", "b", "a", "c"} {
		verdicts := make([]string, i)
		for rank := range verdicts {
			verdicts[rank] = []string{score.Failed, score.Passed, score.Error}[(i+rank)%3]
		}
		outcomes = append(outcomes, of(ranked{Bug: string(rune('A' + i)), Verdicts: verdicts, Labels: map[string]string{"class": class}}))
	}
	whole := scored("m", outcomes...)
	sums := map[string]float64{}
	for _, part := range whole.By("class") {
		for name, value := range part.Metrics {
			sums[name] += value
		}
	}
	for _, name := range []string{"bugs", "attempted", "refused", "unsound", "errors", "fixed@1", "judged@1", "fixed@5", "judged@5"} {
		if _, there := whole.Metrics[name]; !there || sums[name] != whole.Metrics[name] {
			t.Errorf("%s: the parts have %v, the trial has %v", name, sums[name], whole.Metrics[name])
		}
	}
}

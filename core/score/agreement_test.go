package score_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/score"
)

// TestClasses judges one candidate of bug x beside others that set the scene.
func TestClasses(t *testing.T) {
	const p, f, u, c, late = score.Passed, score.Failed, score.Uncompilable, score.Crashed, score.Timeout
	const plausible, wrong = score.Plausible, score.Wrong
	for _, tt := range []struct {
		name            string
		ours, published string
		reason          string
		scene           []score.Trial // beside the candidate, whose program is "1"
		want            string        // "" where the judges agree
	}{
		{name: "both pass", ours: p, published: plausible},
		{name: "both fail", ours: f, published: wrong},
		{name: "a published judge knows no crash", ours: c, published: wrong},
		{name: "both do not compile it", ours: u, published: u},
		{name: "nothing explains a pass", ours: p, published: wrong, want: score.ClassUnexplained},
		{name: "nothing explains a failure", ours: f, published: plausible, want: score.ClassUnexplained},
		{name: "nothing explains a compiler's complaint", ours: u, published: wrong, want: score.ClassUnexplained},
		{name: "a reason for failing explains no pass", ours: p, published: u, reason: score.ReasonPlatform, want: score.ClassUnexplained},

		{name: "the tests do not compile", ours: u, published: wrong, reason: score.ReasonInterface, want: score.ClassSignature},
		{name: "the tests do not compile, and were taken for a pass", ours: u, published: plausible, reason: score.ReasonInterface, want: score.ClassSignature},
		{name: "a removed class", ours: u, published: plausible, reason: score.ReasonPlatform, want: score.ClassPlatform},
		{name: "a hidden field", ours: f, published: plausible, reason: score.ReasonPlatform, want: score.ClassPlatform},

		{name: "our limit", ours: late, published: plausible, want: score.ClassTimeLimit},
		{name: "our limit, their failure", ours: late, published: wrong, want: score.ClassTimeLimit},
		{name: "a test's limit", ours: f, published: plausible, reason: score.ReasonLimit, want: score.ClassTimeLimit},
		{name: "their limit", ours: p, published: late, want: score.ClassTimeLimit},
		{name: "their limit, our failure", ours: f, published: late, want: score.ClassTimeLimit},
		{name: "their limit explains no compiler's complaint", ours: u, published: late, want: score.ClassUnexplained},
		{name: "a pass that a slower machine's clock would end", ours: p, published: wrong, reason: score.ReasonLimit, want: score.ClassTimeLimit},
		{name: "a slow pass explains no compiler's complaint", ours: p, published: u, reason: score.ReasonLimit, want: score.ClassUnexplained},
		{name: "no limit explains what did not compile", ours: late, published: u, want: score.ClassUnexplained},

		{name: "no memory", ours: f, published: plausible, reason: score.ReasonMemory, want: score.ClassMemory},
		{name: "no memory explains no pass", ours: p, published: wrong, reason: score.ReasonMemory, want: score.ClassUnexplained},

		{
			name: "the record contradicts itself", ours: p, published: wrong, want: score.ClassContradiction,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{plausible}, Patches: []string{"1"}}))},
		},
		{
			name: "the record contradicts itself about how it fails", ours: f, published: u, want: score.ClassContradiction,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{wrong}, Patches: []string{"1"}}))},
		},
		{
			name: "a contradiction that does not say what we say", ours: u, published: plausible, want: score.ClassUnexplained,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{plausible, plausible}, Patches: []string{"1", "1"}}))},
		},
		{
			name: "another program, and another bug, are no contradiction", ours: p, published: wrong, want: score.ClassUnexplained,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{plausible}, Patches: []string{"2"}}), of(ranked{Bug: "y", Published: []string{plausible}, Patches: []string{"1"}}))},
		},
		{
			name: "our own contradictions explain nothing", ours: p, published: wrong, want: score.ClassUnexplained,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Verdicts: []string{f}, Patches: []string{"1"}}))},
		},
		{
			name: "the published judge fails the reference fix", ours: p, published: wrong, want: score.ClassVoid,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{wrong, late}, ExactMatch: []bool{true, true}}))},
		},
		{
			name: "once may be an accident", ours: p, published: wrong, want: score.ClassUnexplained,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{wrong}, ExactMatch: []bool{true}}))},
		},
		{
			name: "the published judge passes the unchanged program", ours: f, published: plausible, want: score.ClassVoid,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{plausible, plausible}, Unchanged: []bool{true, true}}))},
		},
		{
			name: "the published judge passes the unchanged program now and then", ours: f, published: plausible, want: score.ClassUnexplained,
			scene: []score.Trial{trial("b", of(ranked{Bug: "x", Published: []string{plausible, plausible, wrong}, Unchanged: []bool{true, true, true}}))},
		},
		{
			name: "the published judge compiles nothing of the bug", ours: f, published: u, want: score.ClassVoid,
			scene: broken(4),
		},
		{
			name: "nor do we", ours: u, published: u,
			scene: broken(4),
		},
		{
			name: "a few models may write nothing that compiles", ours: f, published: u, want: score.ClassUnexplained,
			scene: broken(2),
		},
		{
			name: "a rank that never passes", ours: p, published: wrong, want: score.ClassRace,
			scene: []score.Trial{trial("b", race(30)...)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := of(ranked{Bug: "x", Verdicts: []string{tt.ours}, Published: []string{tt.published}, Reasons: []string{tt.reason}, Patches: []string{"1"}})
			a := score.Agreements(append([]score.Trial{trial("a", o)}, tt.scene...), nil)
			if len(a) != 1 || a[0].Candidates != 1 {
				t.Fatalf("got %+v, want one candidate", a)
			}
			got := ""
			if len(a[0].Disagreements) > 0 {
				got = a[0].Disagreements[0].Class
			}
			if got != tt.want {
				t.Errorf("the class is %q, want %q", got, tt.want)
			}
		})
	}
}

// broken are trials in which no candidate for bug x compiles, as published, and all for bug y do.
func broken(trials int) []score.Trial {
	var all []score.Trial
	for i := range trials {
		x, y := score.Outcome{Bug: "x"}, score.Outcome{Bug: "y"}
		for range 20 {
			x.Candidates = append(x.Candidates, score.Candidate{Published: score.Uncompilable})
			y.Candidates = append(y.Candidates, score.Candidate{Published: score.Wrong})
		}
		all = append(all, trial(string(rune('b'+i)), x, y, y))
	}
	return all
}

// race are bugs of which every other one is published as plausible, but never at rank 0.
func race(bugs int) []score.Outcome {
	outcomes := soundRanks(bugs)
	for _, o := range outcomes {
		for rank := range o.Candidates {
			c := &o.Candidates[rank]
			c.Published = score.Wrong
			if c.Verdict == score.Passed && rank > 0 {
				c.Published = score.Plausible
			}
			c.Verdict = ""
		}
	}
	return outcomes
}

func TestAgreements(t *testing.T) {
	const p, f, u, e = score.Passed, score.Failed, score.Uncompilable, score.Error
	const plausible, wrong = score.Plausible, score.Wrong
	labels := map[string]string{"model": "a", "benchmark": "micro"}
	other := map[string]string{"model": "b", "benchmark": "micro"}
	trials := []score.Trial{
		{Labels: labels, Outcomes: []score.Outcome{
			of(ranked{Bug: "x", Verdicts: []string{p, f, e, f}, Published: []string{plausible, plausible, wrong, ""}, Details: []string{"", "t: 1 is not 2", "", ""}}),
			of(ranked{Bug: "y", Verdicts: []string{u}, Published: []string{wrong, wrong}, Reasons: []string{score.ReasonInterface}}),
			{Bug: "z", Refused: "too long"},
			of(ranked{Bug: "v", Verdicts: []string{e, e}, Published: []string{plausible, wrong}, Unsound: "its buggy version passes"}),
			of(ranked{Bug: "w", Verdicts: []string{e, e, f}, Published: []string{plausible, wrong, wrong}, Reasons: []string{score.ReasonUnplaced}}),
		}},
		{Labels: other, Outcomes: []score.Outcome{of(ranked{Bug: "x", Verdicts: []string{p, p}, Published: []string{wrong, plausible}})}},
		{Labels: map[string]string{"model": "a", "benchmark": "unpublished"}, Outcomes: []score.Outcome{of(ranked{Bug: "x", Verdicts: []string{p}})}},
	}
	want := []score.Agreement{{
		Benchmark: "micro",
		Tally:     score.Tally{Candidates: 6, Void: 2, SamePass: 3, SameVerdict: 2},
		Errors:    2,
		Unsound:   2,
		Unplaced:  1,
		Trials: []score.TrialTally{
			{Labels: labels, Tally: score.Tally{Candidates: 4, SamePass: 3, SameVerdict: 2}},
			{Labels: other, Tally: score.Tally{Candidates: 2, Void: 2}},
		},
		VoidBy: map[string]int{score.ClassStated: 2},
		Disagreements: []score.Disagreement{
			{Class: score.ClassUnexplained, Labels: labels, Bug: "x", Rank: 1, Ours: f, Published: plausible, Pass: true, Detail: "t: 1 is not 2"},
			{Class: score.ClassSignature, Labels: labels, Bug: "y", Rank: 0, Ours: u, Published: wrong},
			{Class: score.ClassStated, Labels: other, Bug: "x", Rank: 0, Ours: p, Published: wrong, Pass: true},
		},
	}}
	got := score.Agreements(trials, []score.Void{{Where: map[string][]string{"model": {"b", "c"}}}, {Where: map[string][]string{"model": {"a"}}, Bugs: []string{"z"}}, {Bugs: []string{"x"}, Ranks: []int{7}}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("agreement (-want +got):\n%s", diff)
	}
	if all, pass := got[0].Disagreeing(score.ClassUnexplained); all != 1 || pass != 1 {
		t.Errorf("%d unexplained, %d of them about passing; want 1 and 1", all, pass)
	}
}

// What a study calls void shows nothing about the published judge.
func TestVoidVerdictsAreNoEvidence(t *testing.T) {
	trials := []score.Trial{
		trial("a", of(ranked{Bug: "x", Verdicts: []string{score.Failed}, Published: []string{score.Plausible}})),
		trial("b", of(ranked{Bug: "x", Published: []string{score.Wrong, score.Timeout}, ExactMatch: []bool{true, true}})),
	}
	for _, tt := range []struct {
		name  string
		voids []score.Void
		want  string
	}{
		{"none", nil, score.ClassVoid},
		{"the evidence", []score.Void{{Where: map[string][]string{"model": {"b"}}}}, score.ClassUnexplained},
		{"part of it", []score.Void{{Where: map[string][]string{"model": {"b"}}, Ranks: []int{1}}}, score.ClassUnexplained},
		{"another bug's", []score.Void{{Bugs: []string{"y"}}}, score.ClassVoid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := score.Agreements(trials, tt.voids)
			if len(a) != 1 || len(a[0].Disagreements) != 1 || a[0].Disagreements[0].Class != tt.want {
				t.Errorf("got %+v, want a disagreement of the class %q", a, tt.want)
			}
			if got := trials[1].Outcomes[0].Published(); got[0] != score.Wrong || got[1] != score.Timeout {
				t.Errorf("the trial was changed: %v", got)
			}
		})
	}
}

// TestStrangers puts verdicts of other candidates beside sound ones.
func TestStrangers(t *testing.T) {
	published := func(bugs int, differ func(int) bool) []score.Outcome {
		outcomes := soundRanks(bugs)
		for i, o := range outcomes {
			for rank := range o.Candidates {
				c := &o.Candidates[rank]
				c.Published = score.Wrong
				if (c.Verdict == score.Passed) != differ(i) {
					c.Published = score.Plausible
				}
			}
		}
		return outcomes
	}
	sound := trial("sound", published(60, func(i int) bool { return i == 7 })...)
	strange := trial("strange", published(40, func(i int) bool { return i%4 == 0 })...)
	var found []string
	for _, l := range score.Lints([]score.Trial{sound, strange}) {
		if l.Rule == score.RuleStranger {
			found = append(found, l.Text)
		}
	}
	want := []string{"published verdicts: those of model=strange, benchmark=micro differ from ours in whether a candidate passes 30 of 120 times, those of the other trials on micro 3 of 180 times: they may belong to other candidates"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestAgreementProperties(t *testing.T) {
	verdicts := []string{score.Passed, score.Failed, score.Uncompilable, score.Timeout, score.Crashed, score.Error}
	words := []string{score.Plausible, score.Wrong, score.Uncompilable, score.Timeout, "", "other"}
	reasons := []string{"", score.ReasonLimit, score.ReasonInterface, score.ReasonMemory, score.ReasonPlatform}
	rapid.Check(t, func(t *rapid.T) {
		list := func(of []string, what string) []string {
			return rapid.SliceOfN(rapid.SampledFrom(of), 0, 6).Draw(t, what)
		}
		marks := func(what string) []bool { return rapid.SliceOfN(rapid.Bool(), 0, 6).Draw(t, what) }
		var trials []score.Trial
		for range rapid.IntRange(0, 4).Draw(t, "trials") {
			var outcomes []score.Outcome
			for range rapid.IntRange(0, 4).Draw(t, "bugs") {
				outcomes = append(outcomes, of(ranked{
					Bug: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "bug"), Verdicts: list(verdicts, "ours"), Published: list(words, "published"),
					Reasons: list(reasons, "reasons"), Patches: list([]string{"1", "2", "3", ""}, "patches"), ExactMatch: marks("exact"), Unchanged: marks("unchanged"), Empty: marks("empty"),
				}))
			}
			trials = append(trials, trial(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "model"), outcomes...))
		}
		for _, a := range score.Agreements(trials, nil) {
			sum, void, classed := score.Tally{}, 0, 0
			for _, tally := range a.Trials {
				sum.Candidates += tally.Candidates
				sum.Void += tally.Void
				sum.SamePass += tally.SamePass
				sum.SameVerdict += tally.SameVerdict
			}
			if sum != a.Tally {
				t.Fatalf("the trials add up to %+v, the benchmark is %+v", sum, a.Tally)
			}
			for _, n := range a.VoidBy {
				void += n
			}
			if void != a.Void || a.SameVerdict > a.SamePass || a.SamePass > a.Compared() {
				t.Fatalf("the counts do not fit together: %+v, %v", a.Tally, a.VoidBy)
			}
			differ := 0
			for i, class := range score.Classes() {
				all, _ := a.Disagreeing(class)
				classed += all
				if i >= 3 { // those that are compared
					differ += all
				}
			}
			if classed != len(a.Disagreements) || differ != a.Compared()-a.SameVerdict {
				t.Fatalf("%d of %d disagreements have a class; %d are among the %d compared, of which %d agree", classed, len(a.Disagreements), differ, a.Compared(), a.SameVerdict)
			}
		}
		score.Lints(trials)
	})
}

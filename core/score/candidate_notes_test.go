package score_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

func TestExtractionNotes(t *testing.T) {
	trial := func(model string, fenced int, candidates ...int) score.Trial {
		t := score.Trial{Labels: map[string]string{"model": model}, Fenced: fenced}
		for _, n := range candidates {
			t.Outcomes = append(t.Outcomes, score.Outcome{Candidates: make([]score.Candidate, n)})
		}
		return t
	}
	trials := []score.Trial{trial("talker", 8, 10, 10), trial("coder", 0, 10), trial("talker", 4, 10, 0, 10), trial("talker", 0, 10), trial("once", 1, 1)}
	want := []string{
		`1 of 1 answer of model once holds a Markdown fence, and extract is "none": set extract = "code-block" in the model's block, or "method" if the answers are whole methods`,
		`12 of 40 answers of model talker hold a Markdown fence, and extract is "none": set extract = "code-block" in the model's block, or "method" if the answers are whole methods`,
	}
	if diff := cmp.Diff(want, score.ExtractionNotes(trials)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestCandidateNotes(t *testing.T) {
	labels := func(model string) map[string]string {
		return map[string]string{"model": model, "benchmark": "micro"}
	}
	candidates := []score.Candidate{
		{Verdict: score.Flaky, Detail: "passes in 3 of 24 fresh JVMs", Program: "1"},
		{Verdict: score.Passed, Reason: score.ReasonCaller, Program: "2"},
		{Verdict: score.Failed, Reason: score.ReasonForbidden, Program: "3"},
		{Verdict: score.Uncompilable, Reason: score.ReasonPlatform, Program: "4"},
		{Verdict: score.Passed, Reason: score.ReasonLimit, Program: "5"},
	}
	trials := []score.Trial{
		{Labels: labels("a"), Outcomes: []score.Outcome{
			{Bug: "Gcd", Candidates: candidates},
			{Bug: "Abs", Unsound: "its buggy version passes", Candidates: candidates},
		}},
		{Labels: labels("b"), Outcomes: []score.Outcome{{Bug: "Gcd", Candidates: candidates[:1]}, {Bug: "Lcm", Candidates: candidates[2:4]}}},
	}
	want := []string{
		"a candidate for Gcd of micro counts as not fixed, since its verdict is not certain: it passes in 3 of 24 fresh JVMs",
		"a candidate for Gcd of micro passes and reads its own stack trace, which tells it what calls it: look at it before you count it (model=a, benchmark=micro, rank 2)",
		"2 programs on micro failed after a call that neither version of the bug makes, and that was denied: Gcd, Lcm",
		"2 programs on micro need what the judge's Java lacks; they count neither as fixed nor as not fixed: Gcd, Lcm",
	}
	if diff := cmp.Diff(want, score.CandidateNotes(trials)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

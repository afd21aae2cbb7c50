package score_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

func trialOf(model, benchmark string, outcomes ...score.Outcome) score.Trial {
	return score.Trial{Labels: map[string]string{"model": model, "benchmark": benchmark}, Outcomes: outcomes}
}

func TestUnsoundNotes(t *testing.T) {
	const why = "its reference fix does not pass here: failed: test7"
	fine := of(ranked{Bug: "A", Verdicts: []string{score.Passed}})
	bad := of(ranked{Bug: "B", Verdicts: []string{score.Error}, Unsound: why})
	got := score.UnsoundNotes([]score.Trial{trialOf("m", "x", fine, bad), trialOf("n", "x", fine, bad), trialOf("m", "y", bad)})
	want := []string{"B of x counts in no trial: " + why, "B of y counts in no trial: " + why}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAttemptNotes(t *testing.T) {
	tried := of(ranked{Bug: "A", Verdicts: []string{score.Failed}})
	long := func(bug, tokens string) score.Outcome {
		return score.Outcome{Bug: bug, Refused: "a prompt of " + tokens + " tokens is longer than the study allows, 512"}
	}
	hunks := score.Outcome{Bug: "D", Refused: "the bug has 2 hunks"}
	none := score.Outcome{Bug: "E"}
	unsound := score.Outcome{Bug: "F", Refused: "the bug has 2 hunks", Unsound: "its buggy version passes here"}
	for name, c := range map[string]struct {
		trials []score.Trial
		want   []string
	}{
		"all tried":                  {[]score.Trial{trialOf("m", "x", tried, unsound)}, nil},
		"none tried: the lint tells": {[]score.Trial{trialOf("m", "x", hunks)}, nil},
		"several reasons": {[]score.Trial{trialOf("m", "x", tried, long("B", "812"), long("C", "900"), hunks, none)},
			[]string{`model=m, benchmark=x: 4 of 5 bugs not attempted, which count as not fixed: ` +
				`such as "a prompt of 812 tokens is longer than the study allows, 512" (2 bugs: B, C); ` +
				`the bug has 2 hunks (1 bug: D); no candidate (1 bug: E)`}},
		"trials with the same reasons share a note": {
			[]score.Trial{trialOf("m", "x", tried, hunks), trialOf("n", "x", tried, none), trialOf("o", "x", tried, hunks)},
			[]string{`model=m, benchmark=x (and 1 other trial): 1 of 2 bugs not attempted, which count as not fixed: the bug has 2 hunks (1 bug: D)`,
				`model=n, benchmark=x: 1 of 2 bugs not attempted, which count as not fixed: no candidate (1 bug: E)`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, score.AttemptNotes(c.trials)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnrecordedNotes(t *testing.T) {
	tried := of(ranked{Bug: "A", Verdicts: []string{score.Failed}})
	missing := score.Outcome{Bug: "B", Unrecorded: true}
	unsound := score.Outcome{Bug: "C", Unrecorded: true, Unsound: "its buggy version passes here"}
	trials := []score.Trial{trialOf("m", "x", tried, missing, unsound), trialOf("n", "x", tried, unsound), trialOf("o", "x", tried, missing, unsound), trialOf("p", "x", missing)}
	want := []string{
		"model=m, benchmark=x (and 1 other trial): nothing is recorded for 1 of 3 bugs, which count neither as fixed nor as not fixed: B",
		"model=p, benchmark=x: nothing is recorded for 1 of 1 bug, which count neither as fixed nor as not fixed: B",
	}
	if diff := cmp.Diff(want, score.UnrecordedNotes(trials)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if notes := score.AttemptNotes(trials); len(notes) > 0 {
		t.Errorf("bugs are said to be not attempted: %q", notes)
	}
	if lints := score.Lints(trials); len(lints) != 1 || lints[0].Rule != score.RuleNoAttempt {
		t.Errorf("findings: %v", lints)
	}
}

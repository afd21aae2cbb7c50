package score_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

var update = flag.Bool("update", false, "write golden files")

func trial(model string, outcomes ...score.Outcome) score.Trial {
	return score.Trial{Labels: map[string]string{"model": model, "benchmark": "micro"}, Outcomes: outcomes}
}

func TestLints(t *testing.T) {
	const p, f, u, e = score.Passed, score.Failed, score.Uncompilable, score.Error
	tests := []struct {
		name   string
		trials []score.Trial
		want   []score.Lint
	}{
		{
			name: "sound verdicts give nothing to say",
			trials: []score.Trial{
				trial("a", of(ranked{Bug: "x", Verdicts: []string{p, f, p}, Patches: []string{"1", "2", "1"}})),
				trial("b", of(ranked{Bug: "x", Verdicts: []string{f, p}, Patches: []string{"2", "1"}})),
			},
		},
		{
			name:   "one text of two bugs is two programs",
			trials: []score.Trial{trial("a", of(ranked{Bug: "x", Verdicts: []string{p}, Patches: []string{"1"}}), of(ranked{Bug: "y", Verdicts: []string{f}, Patches: []string{"1"}}))},
		},
		{
			name:   "an error beside a verdict is no contradiction",
			trials: []score.Trial{trial("a", of(ranked{Bug: "x", Verdicts: []string{p, e}, Patches: []string{"1", "1"}}))},
		},
		{
			name: "empty patches of two models may be two programs",
			trials: []score.Trial{
				trial("a", of(ranked{Bug: "x", Verdicts: []string{f}, Patches: []string{"1"}, Empty: []bool{true}})),
				trial("b", of(ranked{Bug: "x", Verdicts: []string{score.Uncompilable}, Patches: []string{"2"}, Empty: []bool{true}})),
			},
		},
		{
			name: "one text with two verdicts in one trial",
			trials: []score.Trial{
				trial("a", of(ranked{Bug: "x", Verdicts: []string{f, f, p}, Patches: []string{"1", "2", "1"}})),
			},
			want: []score.Lint{{Rule: score.RuleContradiction, Text: "our verdicts: 1 of 1 text judged more than once on micro has different verdicts, 1 of them passed among others, in 1 bug (1 within a single trial); the text of x is failed at rank 0 of model=a, benchmark=micro, and passed at rank 2: the judge is not deterministic"}},
		},
		{
			name: "one text with two verdicts in two trials",
			trials: []score.Trial{
				trial("a", of(ranked{Bug: "x", Verdicts: []string{f}, Patches: []string{"1"}})),
				trial("b", of(ranked{Bug: "x", Verdicts: []string{score.Timeout}, Patches: []string{"1"}})),
			},
			want: []score.Lint{{Rule: score.RuleContradiction, Text: "our verdicts: 1 of 1 text judged more than once on micro has different verdicts, 0 of them passed among others, in 1 bug (0 within a single trial); the text of x is failed at rank 0 of model=a, benchmark=micro, and timeout at rank 0 of model=b, benchmark=micro: the judge is not deterministic"}},
		},
		{
			name:   "a rank that never passes although its neighbours do",
			trials: []score.Trial{trial("a", silentMiddle(30)...)},
			want:   []score.Lint{{Rule: score.RuleSilentRank, Text: "our verdicts: rank 1 is passed 0 of 30 times; rank 0 is passed 15 of 30 times, rank 2 is passed 15 of 30 times: the verdicts on micro contradict themselves"}},
		},
		{
			name:   "few bugs may be chance",
			trials: []score.Trial{trial("a", silentMiddle(6)...)},
		},
		{
			name:   "one broken trial among sound ones",
			trials: []score.Trial{trial("sound", soundRanks(200)...), trial("broken", silentMiddle(30)...)},
			want:   []score.Lint{{Rule: score.RuleSilentRank, Text: "our verdicts: rank 1 is passed 0 of 30 times; rank 0 is passed 15 of 30 times, rank 2 is passed 15 of 30 times: the verdicts on model=broken, benchmark=micro contradict themselves"}},
		},
		{
			name: "empty patches that pass, ours and published",
			trials: []score.Trial{trial("a",
				of(ranked{Bug: "x", Verdicts: []string{p, f}, Published: []string{score.Wrong, score.Wrong}, Patches: []string{"2", "1"}, Empty: []bool{true, false}}),
				of(ranked{Bug: "y", Verdicts: []string{f, p}, Published: []string{score.Wrong, score.Plausible}, Patches: []string{"1", "2"}, Empty: []bool{false, true}}),
			)},
			want: []score.Lint{
				{Rule: score.RuleEmptyPatch, Text: "our verdicts: 2 empty patches on micro are passed, in x, y: either deleting the buggy lines fixes the bug, or the tests do not detect it"},
				{Rule: score.RuleEmptyPatch, Published: true, Text: "published verdicts: 1 empty patch on micro is plausible, in y: either deleting the buggy lines fixes the bug, or the tests do not detect it"},
			},
		},
		{
			name: "a reference fix that never passes, and an unchanged program that does",
			trials: []score.Trial{
				trial("a",
					of(ranked{Bug: "x", Verdicts: []string{f, u}, ExactMatch: []bool{true, false}, Unchanged: []bool{false, true}}),
					of(ranked{Bug: "y", Verdicts: []string{p, p, e}, ExactMatch: []bool{true, false, true}, Unchanged: []bool{false, true, false}}),
				),
				trial("b", of(ranked{Bug: "x", Verdicts: []string{score.Timeout}, ExactMatch: []bool{true}}), of(ranked{Bug: "y", Verdicts: []string{f}, Unchanged: []bool{true}})),
			},
			want: []score.Lint{
				{Rule: score.RuleReference, Text: "our verdicts: candidates that are the reference fix are never passed for 1 bug on micro: x (0 of 2 times); if that happens more than once, all verdicts on the bug are meaningless"},
				{Rule: score.RuleUnchanged, Text: "our verdicts: candidates that do not change the program are passed for 1 bug on micro: y (1 of 2 times); the tests do not detect it"},
			},
		},
		{
			name:   "a reference fix that passes once is no finding of its own",
			trials: []score.Trial{trial("a", of(ranked{Bug: "x", Verdicts: []string{f, p}, ExactMatch: []bool{true, true}}))},
		},
		{
			name:   "a silent rank says nothing about the reference fix",
			trials: []score.Trial{trial("a", append(silentMiddle(30), of(ranked{Bug: "r", Verdicts: []string{f, f}, ExactMatch: []bool{false, true}}))...)},
			want:   []score.Lint{{Rule: score.RuleSilentRank, Text: "our verdicts: rank 1 is passed 0 of 31 times; rank 0 is passed 15 of 31 times, rank 2 is passed 15 of 30 times: the verdicts on micro contradict themselves"}},
		},
		{
			name:   "a benchmark whose candidates are all timeouts",
			trials: []score.Trial{trial("a", late("x", 8)), trial("b", late("x", 8))},
			want:   []score.Lint{{Rule: score.RuleTimeouts, Text: "our verdicts: all 16 candidates on micro are timeouts: either the limit is too short, or the judge hangs"}},
		},
		{
			name:   "a trial and a bug whose candidates are all timeouts",
			trials: []score.Trial{trial("a", late("x", 5), late("y", 6)), trial("b", late("x", 5), of(ranked{Bug: "y", Verdicts: []string{f}}))},
			want: []score.Lint{
				{Rule: score.RuleTimeouts, Text: "our verdicts: all 11 candidates of model=a, benchmark=micro are timeouts: either the limit is too short, or the judge hangs"},
				{Rule: score.RuleTimeouts, Text: "our verdicts: all 10 candidates of 1 bug on micro are timeouts (x): either the limit is too short, or the judge hangs"},
			},
		},
		{
			name:   "a class of bugs whose candidates are all timeouts",
			trials: []score.Trial{trial("a", labelled("loop", late("x", 6)), labelled("loop", late("y", 6)), labelled("null", of(ranked{Bug: "z", Verdicts: []string{f}})))},
			want:   []score.Lint{{Rule: score.RuleTimeouts, Text: "our verdicts: all 12 candidates of the 2 bugs with class=loop on micro are timeouts (x, y): either the limit is too short, or the judge hangs"}},
		},
		{
			name:   "few timeouts may be loops",
			trials: []score.Trial{trial("a", late("x", 9))},
		},
		{
			name:   "a bug of which nothing compiles",
			trials: withVerdicts(broken(4)),
			want:   []score.Lint{{Rule: score.RuleUncompilable, Text: "our verdicts: none of 80 candidates of 1 bug on micro compiles (x), while 160 of all 240 do: patches are applied at wrong lines, or something that these bugs need is missing"}},
		},
		{
			name:   "three models of which little compiles",
			trials: withVerdicts(broken(3)),
		},
		{
			name: "trials without an attempt",
			trials: []score.Trial{
				trial("a", score.Outcome{Bug: "x", Refused: "prompt too long"}, score.Outcome{Bug: "y", Refused: "no hunk"}),
				trial("b", score.Outcome{Bug: "x"}),
				trial("c"),
			},
			want: []score.Lint{
				{Rule: score.RuleNoAttempt, Text: "model=a, benchmark=micro: none of 2 bugs was attempted; the model refused 2 (x: prompt too long)"},
				{Rule: score.RuleNoAttempt, Text: "model=b, benchmark=micro: none of 1 bug was attempted"},
				{Rule: score.RuleNoAttempt, Text: "model=c, benchmark=micro: no bugs"},
			},
		},
		{
			name:   "errors are told with the denominators that they leave",
			trials: []score.Trial{trial("a", of(ranked{Bug: "x", Verdicts: []string{e, p}}), of(ranked{Bug: "y", Verdicts: []string{f, e}}), of(ranked{Bug: "z", Verdicts: []string{f, f}}))},
			want:   []score.Lint{{Rule: score.RuleErrors, Text: "model=a, benchmark=micro: the harness failed before any pass in 2 of 3 bugs; undecided bugs are left out: pass@1 is over 2 bugs, pass@2 over 2"}},
		},
		{
			name:   "words that are no verdicts",
			trials: []score.Trial{trial("a", of(ranked{Bug: "x", Verdicts: []string{p, "", "ok"}, Published: []string{"", "fine", "fine"}}))},
			want: []score.Lint{
				{Rule: score.RuleUnknown, Text: "our verdicts: 2 verdicts of model=a, benchmark=micro are unknown (\"\", \"ok\") and are treated as an error of the judge"},
				{Rule: score.RuleUnknown, Published: true, Text: "published verdicts: 2 verdicts of model=a, benchmark=micro are unknown (\"fine\") and are treated as an error of the judge"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, score.Lints(tt.trials)); diff != "" {
				t.Errorf("lints (-want +got):\n%s", diff)
			}
		})
	}
}

// withVerdicts takes published verdicts for ours.
func withVerdicts(trials []score.Trial) []score.Trial {
	for _, t := range trials {
		for i, o := range t.Outcomes {
			var candidates []score.Candidate // outcomes may share theirs
			for _, c := range o.Candidates {
				if c.Published == score.Wrong {
					c.Published = score.Failed
				}
				candidates = append(candidates, score.Candidate{Verdict: c.Published})
			}
			t.Outcomes[i].Candidates = candidates
		}
	}
	return trials
}

// late is a bug whose candidates are all timeouts.
func late(bug string, candidates int) score.Outcome {
	o := score.Outcome{Bug: bug}
	for range candidates {
		o.Candidates = append(o.Candidates, score.Candidate{Verdict: score.Timeout})
	}
	return o
}

// labelled gives a bug a class.
func labelled(class string, o score.Outcome) score.Outcome {
	o.Labels = map[string]string{"class": class}
	return o
}

// silentMiddle are bugs of which every other one passes, but never at rank 1.
func silentMiddle(bugs int) []score.Outcome {
	outcomes := soundRanks(bugs)
	for i := range outcomes {
		outcomes[i].Candidates[1].Verdict = score.Failed
	}
	return outcomes
}

// soundRanks are bugs of which every other one passes, at each of three ranks.
func soundRanks(bugs int) []score.Outcome {
	outcomes := make([]score.Outcome, bugs)
	for i := range outcomes {
		v := []string{score.Passed, score.Failed}[i%2]
		outcomes[i] = of(ranked{Bug: strings.Repeat("x", i+1), Verdicts: []string{v, v, v}})
	}
	return outcomes
}

// TestLintsOfRecordedVerdicts holds the lints against verdicts that two studies published.
func TestLintsOfRecordedVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		trials func(*testing.T) []score.Trial
		want   []string
		rules  map[string]int
	}{{
		// arXiv 2406.05639's judge raced with the compiler of the test class. A script of its own counted these.
		name:   "peft4apr-quixbugs",
		trials: func(t *testing.T) []score.Trial { return peft4apr(t, "quixbugs", "quixbugs") },
		want: []string{
			"rank 0 is plausible 1 of 400 times although 117 of these texts are plausible at a later rank",
			"rank 1 is plausible 124 of 400 times",
			"45 of 450 texts judged more than once",
			"35 of them plausible among others",
			"in 29 bugs (10 to 21 within a single trial)",
		},
		rules: map[string]int{score.RuleContradiction: 1, score.RuleSilentRank: 1},
	}, {
		// Methods were put in a wrong place of seven programs: not even the reference fix compiles there.
		name:   "peft4apr-humanevaljava",
		trials: func(t *testing.T) []score.Trial { return peft4apr(t, "humanevaljava", "humaneval") },
		want:   []string{"never plausible for 7 bugs", "GET_ROW (0 of 32 times)", "none of 1000 candidates of 10 bugs"},
		rules:  map[string]int{score.RuleContradiction: 1, score.RuleReference: 1, score.RuleUncompilable: 1},
	}, {
		// Two tests did not exist yet when CLM judged.
		name:   "clm-quixbugs",
		trials: func(t *testing.T) []score.Trial { return clm(t, "quixbugs") },
		want:   []string{"REVERSE_LINKED_LIST (0 of 61 times)", "MINIMUM_SPANNING_TREE (2 of 2 times)", "9 empty patches on quixbugs are plausible, in MINIMUM_SPANNING_TREE"},
		rules:  map[string]int{score.RuleContradiction: 1, score.RuleEmptyPatch: 1, score.RuleReference: 1, score.RuleUnchanged: 1},
	}, {
		name:   "clm-humanevaljava",
		trials: func(t *testing.T) []score.Trial { return clm(t, "humanevaljava") },
		want:   []string{"4 empty patches on humanevaljava are plausible, in DIGIT_SUM"},
		rules:  map[string]int{score.RuleContradiction: 1, score.RuleEmptyPatch: 1},
	}} {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			rules := map[string]int{}
			for _, l := range score.Lints(tt.trials(t)) {
				if !l.Published && l.Rule != score.RuleNoAttempt {
					t.Errorf("a finding about our verdicts, of which there are none: %s", l)
				}
				if l.Published {
					rules[l.Rule]++
					got.WriteString(l.Rule + "\n" + l.Text + "\n")
				}
			}
			golden(t, "testdata/"+tt.name+".golden", got.String())
			if diff := cmp.Diff(tt.rules, rules); diff != "" {
				t.Errorf("findings by rule (-want +got):\n%s", diff)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.String(), want) {
					t.Errorf("no finding says %q:\n%s", want, got.String())
				}
			}
		})
	}
}

// TestPublishedMetrics compares with bugs fixed within 1, 5 and 10 candidates as counted by hand from the same files.
func TestPublishedMetrics(t *testing.T) {
	want := map[string][3]float64{
		"codellama-7b-hf direct": {0, 18, 18}, "codellama-7b-hf fmft": {0, 12, 15}, "codellama-7b-hf ia3": {0, 20, 24},
		"codellama-7b-hf lora": {0, 21, 26}, "codellama-7b-hf p-tuning": {0, 19, 25}, "codellama-7b-hf prefix-tuning": {0, 22, 24},
		"deepseek-coder-6.7b-base ia3": {1, 29, 34}, "deepseek-coder-6.7b-base lora": {0, 29, 30},
		"deepseek-coder-6.7b-base p-tuning": {0, 30, 33}, "deepseek-coder-6.7b-base prefix-tuning": {0, 25, 30},
	}
	got := map[string][3]float64{}
	for _, trial := range peft4apr(t, "quixbugs", "quixbugs") {
		m := score.Metrics(trial.Outcomes)
		got[trial.Labels["model"]+" "+trial.Labels["adapter"]] = [3]float64{m["published.fixed@1"], m["published.fixed@5"], m["published.fixed@10"]}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bugs fixed within 1, 5, 10 (-want +got):\n%s", diff)
	}
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

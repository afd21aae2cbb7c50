package score_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/score"
)

var update = flag.Bool("update", false, "write golden files")

const replayFolder = "../../../shared/replay/peft4apr"

func trial(model string, outcomes ...score.Outcome) score.Trial {
	return score.Trial{Labels: map[string]string{"model": model, "benchmark": "micro"}, Outcomes: outcomes}
}

func TestLints(t *testing.T) {
	const p, f, e = score.Passed, score.Failed, score.Error
	tests := []struct {
		name   string
		trials []score.Trial
		want   []score.Lint
	}{
		{
			name: "sound verdicts give nothing to say",
			trials: []score.Trial{
				trial("a", score.Outcome{Bug: "x", Verdicts: []string{p, f, p}, Patches: []string{"1", "2", "1"}}),
				trial("b", score.Outcome{Bug: "x", Verdicts: []string{f, p}, Patches: []string{"2", "1"}}),
			},
		},
		{
			name:   "one text of two bugs is two programs",
			trials: []score.Trial{trial("a", score.Outcome{Bug: "x", Verdicts: []string{p}, Patches: []string{"1"}}, score.Outcome{Bug: "y", Verdicts: []string{f}, Patches: []string{"1"}})},
		},
		{
			name:   "an error beside a verdict is no contradiction",
			trials: []score.Trial{trial("a", score.Outcome{Bug: "x", Verdicts: []string{p, e}, Patches: []string{"1", "1"}})},
		},
		{
			name: "empty patches of two models may be two programs",
			trials: []score.Trial{
				trial("a", score.Outcome{Bug: "x", Verdicts: []string{f}, Patches: []string{score.EmptyPatch}}),
				trial("b", score.Outcome{Bug: "x", Verdicts: []string{score.Uncompilable}, Patches: []string{score.EmptyPatch}}),
			},
		},
		{
			name: "one text with two verdicts in one trial",
			trials: []score.Trial{
				trial("a", score.Outcome{Bug: "x", Verdicts: []string{f, f, p}, Patches: []string{"1", "2", "1"}}),
			},
			want: []score.Lint{{Rule: score.RuleContradiction, Text: "our verdicts: 1 of 1 text judged more than once on micro has different verdicts, 1 of them passed among others, in 1 bug (1 within a single trial); the text of x is failed at rank 0 of model=a, benchmark=micro, and passed at rank 2: the judge is no function of the program"}},
		},
		{
			name: "one text with two verdicts in two trials",
			trials: []score.Trial{
				trial("a", score.Outcome{Bug: "x", Verdicts: []string{f}, Patches: []string{"1"}}),
				trial("b", score.Outcome{Bug: "x", Verdicts: []string{score.Timeout}, Patches: []string{"1"}}),
			},
			want: []score.Lint{{Rule: score.RuleContradiction, Text: "our verdicts: 1 of 1 text judged more than once on micro has different verdicts, 0 of them passed among others, in 1 bug (0 within a single trial); the text of x is failed at rank 0 of model=a, benchmark=micro, and timeout at rank 0 of model=b, benchmark=micro: the judge is no function of the program"}},
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
				score.Outcome{Bug: "x", Verdicts: []string{p, f}, Published: []string{score.Wrong, score.Wrong}, Patches: []string{score.EmptyPatch, "1"}},
				score.Outcome{Bug: "y", Verdicts: []string{f, p}, Published: []string{score.Wrong, score.Plausible}, Patches: []string{"1", score.EmptyPatch}},
			)},
			want: []score.Lint{
				{Rule: score.RuleEmptyPatch, Text: "our verdicts: 2 empty patches on micro are passed, in x, y: either deleting the buggy lines is a fix there, or the tests do not see the bug"},
				{Rule: score.RuleEmptyPatch, Published: true, Text: "published verdicts: 1 empty patch on micro is plausible, in y: either deleting the buggy lines is a fix there, or the tests do not see the bug"},
			},
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
				{Rule: score.RuleNoAttempt, Text: "model=c, benchmark=micro: there are no bugs"},
			},
		},
		{
			name:   "errors are told with the denominators that they leave",
			trials: []score.Trial{trial("a", score.Outcome{Bug: "x", Verdicts: []string{e, p}}, score.Outcome{Bug: "y", Verdicts: []string{f, e}}, score.Outcome{Bug: "z", Verdicts: []string{f, f}})},
			want:   []score.Lint{{Rule: score.RuleErrors, Text: "model=a, benchmark=micro: the harness failed before any pass in 2 of 3 bugs; undecided bugs count neither for nor against the model: pass@1 is over 2 bugs, pass@2 over 2"}},
		},
		{
			name:   "words that are no verdicts",
			trials: []score.Trial{trial("a", score.Outcome{Bug: "x", Verdicts: []string{p, "ok", ""}, Published: []string{"", "fine", "fine"}})},
			want: []score.Lint{
				{Rule: score.RuleUnknown, Text: "our verdicts: 2 verdicts of model=a, benchmark=micro are no known word (\"ok\", \"\") and are taken for an error of the judge"},
				{Rule: score.RuleUnknown, Published: true, Text: "published verdicts: 2 verdicts of model=a, benchmark=micro are no known word (\"fine\") and are taken for an error of the judge"},
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

// silentMiddle are bugs of which every other one passes, but never at rank 1.
func silentMiddle(bugs int) []score.Outcome {
	outcomes := soundRanks(bugs)
	for i := range outcomes {
		outcomes[i].Verdicts[1] = score.Failed
	}
	return outcomes
}

// soundRanks are bugs of which every other one passes, at each of three ranks.
func soundRanks(bugs int) []score.Outcome {
	outcomes := make([]score.Outcome, bugs)
	for i := range outcomes {
		v := []string{score.Passed, score.Failed}[i%2]
		outcomes[i] = score.Outcome{Bug: strings.Repeat("x", i+1), Verdicts: []string{v, v, v}}
	}
	return outcomes
}

// TestLintsFindTheRaceInPublishedVerdicts holds the lints against the recorded QuixBugs verdicts of arXiv 2406.05639,
// whose judge raced with the compiler of the test class. The expected counts were made by a separate script.
func TestLintsFindTheRaceInPublishedVerdicts(t *testing.T) {
	trials := replayed(t)
	if len(trials) != 10 {
		t.Fatalf("%s holds %d QuixBugs files, want 10", replayFolder, len(trials))
	}

	var got strings.Builder
	for _, l := range score.Lints(trials) {
		if !l.Published && l.Rule != score.RuleNoAttempt {
			t.Errorf("a finding about our verdicts, of which there are none: %s", l)
		}
		if l.Published {
			got.WriteString(l.Rule + "\n" + l.Text + "\n")
		}
	}
	golden(t, "testdata/peft4apr-quixbugs.golden", got.String())
	for _, want := range []string{
		"published verdicts: rank 0 is plausible 1 of 400 times although 113 of these texts are plausible at a later rank",
		"rank 1 is plausible 124 of 400 times",
		"50 of 512 texts judged more than once",
		"in 28 bugs (8 to 21 within a single trial)",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no finding says %q:\n%s", want, got.String())
		}
	}
	// No rank but 0 is to be blamed.
	if n := strings.Count(got.String(), score.RuleSilentRank+"\n"); n != 1 {
		t.Errorf("%d ranks are called silent, want 1", n)
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
	for _, trial := range replayed(t) {
		m := score.Metrics(trial.Outcomes)
		got[trial.Labels["model"]+" "+trial.Labels["adapter"]] = [3]float64{m["published.fixed@1"], m["published.fixed@5"], m["published.fixed@10"]}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bugs fixed within 1, 5, 10 (-want +got):\n%s", diff)
	}
}

// replayed reads the recorded QuixBugs candidates and their published verdicts.
func replayed(t *testing.T) []score.Trial {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(replayFolder, "*__quixbugs.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		const missing = "no recorded candidates in shared/replay/peft4apr beside the checkout: unpack the project's shared data there"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	var trials []score.Trial
	for _, file := range files {
		parts := strings.Split(filepath.Base(file), "__")
		trials = append(trials, score.Trial{
			Labels:   map[string]string{"model": parts[0], "adapter": parts[1], "benchmark": "quixbugs"},
			Outcomes: replayedOutcomes(t, file, strings.HasPrefix(parts[0], "deepseek")),
		})
	}
	return trials
}

func replayedOutcomes(t *testing.T, file string, cut bool) []score.Outcome {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []score.Outcome
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record struct {
			Bug                string
			Outputs, Published []string
		}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		o := score.Outcome{Bug: record.Bug, Published: record.Published}
		for _, text := range record.Outputs {
			if end := strings.LastIndexByte(text, '}'); cut && end >= 0 {
				text = text[:end+1]
			}
			if strings.TrimSpace(text) == "" {
				o.Patches = append(o.Patches, score.EmptyPatch)
				continue
			}
			o.Patches = append(o.Patches, score.Digest(text))
		}
		outcomes = append(outcomes, o)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return outcomes
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

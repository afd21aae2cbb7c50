package score_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/score"
	"harness/core/sdk/javasource"
)

// recordedBug is a bug as shared/benchmarks has it, with CLM's view of it.
type recordedBug struct {
	ID       string
	File     string
	Fixed    string `json:"fixed_file"`
	Function struct{ Start, End int }
	CLM      struct {
		File          string
		Hunk          struct{ Start, End int }
		FunctionRange string `json:"function_range"`
		LineOffset    int    `json:"line_offset"`
	}
}

// replace puts a patch in the place of lines start … end-1, as CLM did: trimmed, with nothing behind it.
func replace(text, patch string, start, end int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[:start-1], "") + strings.TrimSpace(patch) + strings.Join(lines[end-1:], "")
}

// method is the text of the bug's method, before or after the reference fix.
func (b recordedBug) method(text string) string {
	more := strings.Count(text, "\n") - strings.Count(b.File, "\n")
	return strings.Join(strings.SplitAfter(text, "\n")[b.Function.Start-1:b.Function.End-1+more], "")
}

func recordedBugs(t *testing.T, benchmark string) map[string]recordedBug {
	t.Helper()
	bugs := map[string]recordedBug{}
	eachLine(t, filepath.Join("benchmarks", benchmark+".jsonl"), func(b recordedBug) { bugs[b.ID] = b })
	return bugs
}

// eachLine reads JSON lines of the shared data, which may be compressed.
func eachLine[T any](t *testing.T, name string, each func(T)) {
	t.Helper()
	f, err := os.Open(needs.Shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		each(v)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// known are the digests of a bug's reference fix and of its buggy program.
type known struct{ reference, unchanged string }

// candidate adds a candidate with a published verdict to an outcome.
func (k known) candidate(o *score.Outcome, program, verdict string, empty bool) {
	match := program == k.reference
	c := score.Candidate{Published: verdict, ExactMatch: &match, Unchanged: program == k.unchanged, Empty: empty, Program: program}
	o.Candidates = append(o.Candidates, c)
}

// clm are the trials that CLM recorded for a benchmark: its candidates and verdicts, none of ours.
func clm(t *testing.T, benchmark string) []score.Trial {
	t.Helper()
	bugs := recordedBugs(t, benchmark)
	programs := map[string]known{}
	for id, bug := range bugs {
		programs[id] = known{javasource.Digest(bug.Fixed), javasource.Digest(bug.File)}
	}
	var trials []score.Trial
	for _, model := range []string{"codet5-small", "codet5-base", "codet5-large", "codegen-350M", "codegen-2B", "codegen-6B"} {
		for _, variant := range []string{"without-buggy-lines", "with-buggy-lines", "finetuned"} {
			trial := score.Trial{Labels: map[string]string{"model": model, "adapter": variant, "benchmark": benchmark}}
			// CodeGen without fine-tuning writes the whole function again.
			whole := strings.HasPrefix(model, "codegen") && variant != "finetuned"
			eachLine(t, fmt.Sprintf("replay/%s_%s_%s.jsonl.gz", benchmark, model, variant), func(c struct{ Bug, Patch, Verdict string }) {
				if n := len(trial.Outcomes); n == 0 || trial.Outcomes[n-1].Bug != c.Bug {
					trial.Outcomes = append(trial.Outcomes, score.Outcome{Bug: c.Bug})
				}
				bug := bugs[c.Bug]
				text, start, end := bug.File, bug.CLM.Hunk.Start, bug.CLM.Hunk.End
				if bug.CLM.File != "" {
					text = bug.CLM.File
				}
				if whole {
					var column int
					if _, err := fmt.Sscanf(bug.CLM.FunctionRange, "%d,%d-%d,", &start, &column, &end); err != nil {
						t.Fatalf("%s: %v", c.Bug, err)
					}
					start, end = start-bug.CLM.LineOffset, end+1-bug.CLM.LineOffset
				}
				programs[c.Bug].candidate(&trial.Outcomes[len(trial.Outcomes)-1], javasource.Digest(replace(text, c.Patch, start, end)), c.Verdict, javasource.Digest(c.Patch) == javasource.Digest(""))
			})
			trials = append(trials, trial)
		}
	}
	return trials
}

// peft4apr are the trials that arXiv 2406.05639 recorded for a benchmark. A candidate is a whole method.
func peft4apr(t *testing.T, benchmark, name string) []score.Trial {
	t.Helper()
	programs := map[string]known{}
	for id, bug := range recordedBugs(t, benchmark) {
		programs[id] = known{javasource.Digest(bug.method(bug.Fixed)), javasource.Digest(bug.method(bug.File))}
	}
	var trials []score.Trial
	for _, model := range []string{"codellama-7b-hf", "deepseek-coder-6.7b-base"} {
		methods := []string{"direct__none", "fmft__apr", "ia3__apr", "lora__apr", "p-tuning__apr", "prefix-tuning__apr"}
		if model != "codellama-7b-hf" {
			methods = methods[2:] // the others were not recorded
		}
		for _, method := range methods {
			adapter, _, _ := strings.Cut(method, "__")
			trial := score.Trial{Labels: map[string]string{"model": model, "adapter": adapter, "benchmark": benchmark}}
			eachLine(t, fmt.Sprintf("replay/peft4apr/%s__%s__%s.jsonl.gz", model, method, name), func(c struct {
				Bug                string
				Outputs, Published []string
			}) {
				o := score.Outcome{Bug: c.Bug}
				for rank, text := range c.Outputs {
					if end := strings.LastIndexByte(text, '}'); strings.HasPrefix(model, "deepseek") && end >= 0 {
						text = text[:end+1]
					}
					programs[c.Bug].candidate(&o, javasource.Digest(text), c.Published[rank], javasource.Digest(text) == javasource.Digest(""))
				}
				trial.Outcomes = append(trial.Outcomes, o)
			})
			trials = append(trials, trial)
		}
	}
	return trials
}

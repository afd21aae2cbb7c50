package score

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The verdicts on one candidate. A word that is neither here nor among the published ones below is treated like Error,
// and reported by [Lints].
const (
	Passed       = "passed"       // every required test passed
	Failed       = "failed"       // a test failed
	Uncompilable = "uncompilable" // the patched program does not compile
	Timeout      = "timeout"      // the candidate used up its time
	Crashed      = "crashed"      // the candidate took its process down, or ran out of memory
	Error        = "error"        // the harness failed: says nothing about the candidate
)

// The words of published verdicts that differ from ours; [Uncompilable] and [Timeout] are shared.
const (
	Plausible = "plausible" // the published judge's passed
	Wrong     = "wrong"     // the published judge's failed
)

// EmptyPatch stands in [Candidate.Program] for a patch that inserts nothing: the buggy lines are only deleted.
const EmptyPatch = "empty"

// The reasons of our verdicts, where they are known.
const (
	ReasonLimit     = "limit"     // of time or of executed steps: the run's, or a test's own; of a pass: a test's own would have ended it on a slower machine
	ReasonInterface = "interface" // the tests do not compile against the program
	ReasonMemory    = "memory"    // the program ran out of memory or of stack
	ReasonPlatform  = "platform"  // the program needs something that this platform lacks, such as a class of an older library
	ReasonUnplaced  = "unplaced"  // of Error: the patch does not fit this copy of the program
)

// Candidate is what became of one candidate.
type Candidate struct {
	// Verdict is ours; "" where there is none.
	Verdict string `json:"verdict,omitempty"`
	// Reason of our verdict; "" where none is known.
	Reason string `json:"reason,omitempty"`
	// Detail is the judge's own words about a verdict that differs from the published one; "" elsewhere.
	Detail string `json:"detail,omitempty"`
	// ExactMatch says whether the candidate is the reference fix, layout aside: as the benchmark defines it, or else
	// [ExactMatch]. Absent where that was not recorded.
	ExactMatch *bool `json:"exact_match,omitempty"`
	// Unchanged says whether the candidate is the buggy program, layout aside.
	Unchanged bool `json:"unchanged,omitempty"`
	// Published is the verdict that others recorded for the same candidate; "" where they recorded none.
	Published string `json:"published,omitempty"`
	// Program is the digest of the patched program (the benchmark's, or else [Digest]), or EmptyPatch. It shows which
	// candidates are one program.
	Program string `json:"program,omitempty"`
}

// Outcome is what became of one bug's candidates in one trial.
type Outcome struct {
	// Bug is the bug's name in its benchmark.
	Bug string `json:"bug"`
	// Candidates are by rank, the best first.
	Candidates []Candidate `json:"candidates"`
	// Refused is the model's reason for not trying this bug; "" if it tried.
	Refused string `json:"refused,omitempty"`
	// Unsound says why the bug counts for no model here: its buggy version passes, say. "" if it counts.
	Unsound string `json:"unsound,omitempty"`
	// Labels are the bug's: its class, whether it has a single hunk, …
	Labels map[string]string `json:"labels,omitempty"`
}

// Verdicts are ours, by rank up to the last that there is.
func (o Outcome) Verdicts() []string {
	return words(o, func(c Candidate) string { return c.Verdict })
}

// Published are the verdicts that others recorded, by rank up to the last that there is.
func (o Outcome) Published() []string {
	return words(o, func(c Candidate) string { return c.Published })
}

func words(o Outcome, of func(Candidate) string) []string {
	list := []string{}
	for _, c := range o.Candidates {
		list = append(list, of(c))
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// MarshalJSON adds the list of our verdicts, for readers who want no more.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	if o.Candidates == nil {
		o.Candidates = []Candidate{}
	}
	return json.Marshal(struct {
		plain
		Verdicts []string `json:"verdicts"`
	}{plain(o), o.Verdicts()})
}

// Trial is one cell of a study's design with all that was measured in it.
type Trial struct {
	// Labels place the trial: model, adapter, benchmark, prompt.
	Labels map[string]string `json:"labels"`
	// Metrics are those of [Metrics] and what other steps measured, such as a validation loss.
	Metrics map[string]float64 `json:"metrics"`
	// Outcomes are in the benchmark's order.
	Outcomes []Outcome `json:"outcomes"`
	// Judging counts, by the benchmark's own words, how verdicts on the trial's distinct patches were found: on the
	// "patches" that have one. "errors" are those that could not be judged here, bugs without proof included; another
	// try may help.
	Judging map[string]int64 `json:"judging,omitempty"`
	// Training is the epochs that stood for choice, in the order of the grid; empty where nothing was trained.
	Training []Epoch `json:"training,omitempty"`
}

// JudgingNotes say how the verdicts on each benchmark were found, and what could not be judged. Trials of which some
// patches are the same share their verdicts, which are counted in each.
func JudgingNotes(trials []Trial) []string {
	var notes []string
	for _, g := range benchmarks(trials) {
		total := map[string]int64{}
		for _, t := range g.trials {
			for name, n := range t.Judging {
				total[name] += n
			}
		}
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(total)) {
			if name != "patches" && name != "errors" {
				parts = append(parts, fmt.Sprintf("%s %d", name, total[name]))
			}
		}
		each := ""
		if len(g.trials) > 1 {
			each = ", each patch once for each trial that has it"
		}
		if len(parts) > 0 {
			notes = append(notes, fmt.Sprintf("%s: how the verdicts on %s were found%s: %s", g, count(int(total["patches"]), "patch"), each, strings.Join(parts, ", ")))
		}
		if n := int(total["errors"]); n > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s could not be judged here%s; `harness run STUDY --retry-errors` tries again", g, count(n, "patch"), each))
		}
	}
	return notes
}

// Epoch is what training measured up to the end of an epoch.
type Epoch struct {
	LearningRate   float64 `json:"learning_rate"`
	Epoch          int     `json:"epoch"`            // 1-based
	Epochs         int     `json:"epochs,omitempty"` // of the whole run, where the schedule depends on it
	TrainLoss      float64 `json:"train_loss"`
	ValidationLoss float64 `json:"validation_loss"`
	// ExactMatch is absent where it was not measured.
	ExactMatch *float64 `json:"validation_exact_match,omitempty"`
	// Diverged says why training ended early; the numbers mean nothing then.
	Diverged string `json:"diverged,omitempty"`
	// MicroBatch is how many examples were computed at once; Reduced, that memory allowed no more.
	MicroBatch int  `json:"micro_batch,omitempty"`
	Reduced    bool `json:"micro_batch_reduced,omitempty"`
	Chosen     bool `json:"chosen,omitempty"`
}

// TrainingNotes say what a reader should know about a trial's training: what diverged, and how memory reduced
// micro-batches.
func TrainingNotes(t Trial) []string {
	var notes []string
	var lost []Epoch
	smallest := Epoch{}
	for _, e := range t.Training {
		if e.Diverged != "" {
			lost = append(lost, e)
		}
		if e.Reduced && (smallest.MicroBatch == 0 || e.MicroBatch < smallest.MicroBatch) {
			smallest = e
		}
	}
	if len(lost) > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d of %d points of the grid diverged; with learning rate %g: %s", t, len(lost), len(t.Training), lost[0].LearningRate, lost[0].Diverged))
	}
	if smallest.Reduced {
		notes = append(notes, fmt.Sprintf("%s: memory allowed only %d examples at once, with the same result but for rounding", t, smallest.MicroBatch))
	}
	return notes
}

// String names the trial by its labels, in the order in which people think of them.
func (t Trial) String() string {
	names := make([]string, 0, len(t.Labels))
	for name := range t.Labels {
		names = append(names, name)
	}
	usual := []string{"model", "adapter", "benchmark", "prompt"}
	slices.SortFunc(names, func(a, b string) int {
		i, j := slices.Index(usual, a), slices.Index(usual, b)
		switch {
		case i >= 0 && j >= 0:
			return i - j
		case i >= 0:
			return -1
		case j >= 0:
			return 1
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = name + "=" + t.Labels[name]
	}
	return strings.Join(names, ", ")
}

// Digest identifies a patched file's text, for [Candidate.Program] where the benchmark names no programs. Every run of white space counts as one blank, so
// that candidates which differ only in layout share a digest. Two such texts are the same program, unless the
// difference sits in a string literal or joins a line comment with the line after it.
func Digest(patched string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(patched), " ")))
	return hex.EncodeToString(sum[:])
}

// ExactMatch reports whether patched and fixed are equal but for white space. Blanks may come and go except where they
// keep two words, or two plus or minus signs, apart: "return x" is not "returnx", and "a + +b" is not "a++b".
func ExactMatch(patched, fixed string) bool {
	return canonical(patched) == canonical(fixed)
}

// canonical removes all white space that does not separate tokens.
func canonical(text string) string {
	var b strings.Builder
	var last rune
	for _, field := range strings.Fields(text) {
		first, _ := utf8.DecodeRuneInString(field)
		if last != 0 && (word(last) && word(first) || last == first && (first == '+' || first == '-')) {
			b.WriteByte(' ')
		}
		b.WriteString(field)
		last, _ = utf8.DecodeLastRuneInString(field)
	}
	return b.String()
}

func word(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '$'
}

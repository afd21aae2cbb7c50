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
	Crashed      = "crashed"      // the candidate crashed its process, or ran out of memory
	Flaky        = "flaky"        // the candidate passes in some runs and not in others; it counts as not fixed
	Error        = "error"        // the harness failed; not a verdict about the candidate
)

// The words of published verdicts that differ from ours; [Uncompilable] and [Timeout] are shared.
const (
	Plausible = "plausible" // the published judge's passed
	Wrong     = "wrong"     // the published judge's failed
)

// The known reasons of our verdicts.
const (
	ReasonLimit     = "limit"     // a limit of time or of steps, of the run or of a test; for a pass: the test's own limit would end it on a slower machine
	ReasonInterface = "interface" // the tests do not compile against the program
	ReasonMemory    = "memory"    // the program ran out of memory or of stack
	ReasonPlatform  = "platform"  // the platform lacks something that the program needs, such as a class of an older library
	ReasonForbidden = "forbidden" // the program called what neither version of its bug does, and was denied it
	ReasonCaller    = "caller"    // for a pass: the program read its own stack trace, which tells what calls it
	ReasonUnplaced  = "unplaced"  // for Error: the patch does not fit this copy of the program
)

// Candidate holds the verdicts on one candidate.
type Candidate struct {
	// Verdict is ours, or "".
	Verdict string `json:"verdict,omitempty"`
	// Reason of our verdict, or "".
	Reason string `json:"reason,omitempty"`
	// Detail is the judge's explanation of a verdict that differs from the published one, or that [CandidateNotes] name;
	// otherwise "".
	Detail string `json:"detail,omitempty"`
	// ExactMatch reports whether the candidate is the reference fix, apart from layout: by the benchmark's definition, or
	// else by [ExactMatch]. Nil if that was not recorded.
	ExactMatch *bool `json:"exact_match,omitempty"`
	// Unchanged reports whether the candidate is the buggy program, apart from layout.
	Unchanged bool `json:"unchanged,omitempty"`
	// Empty reports whether the patch only deletes lines: it inserts nothing but white space and comments.
	Empty bool `json:"empty,omitempty"`
	// Published is the published verdict on the same candidate, or "".
	Published string `json:"published,omitempty"`
	// Program is the digest of the patched program (the benchmark's, or else [Digest]). Candidates for a bug with the same
	// digest are the same program.
	Program string `json:"program,omitempty"`
}

// Outcome holds the verdicts on one bug's candidates in one trial.
type Outcome struct {
	// Bug is the bug's name in its benchmark.
	Bug string `json:"bug"`
	// Candidates are by rank, the best first.
	Candidates []Candidate `json:"candidates"`
	// Refused is the model's reason for not trying this bug; "" if it tried.
	Refused string `json:"refused,omitempty"`
	// Unsound is the reason why the bug counts for no model, such as that its buggy version passes; "" if it counts.
	Unsound string `json:"unsound,omitempty"`
	// Unrecorded: the model's answers are recorded ones, and there are none for this bug.
	Unrecorded bool `json:"unrecorded,omitempty"`
	// Labels are the bug's: its class, whether it has a single hunk, …
	Labels map[string]string `json:"labels,omitempty"`
}

// Verdicts returns our verdicts by rank, up to the last one.
func (o Outcome) Verdicts() []string {
	return words(o, func(c Candidate) string { return c.Verdict })
}

// Published returns the published verdicts by rank, up to the last one.
func (o Outcome) Published() []string {
	return words(o, func(c Candidate) string { return c.Published })
}

func words(o Outcome, verdict func(Candidate) string) []string {
	list := []string{}
	for _, c := range o.Candidates {
		list = append(list, verdict(c))
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// MarshalJSON adds the list of our verdicts, for readers who need only these.
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

// Trial is one cell of a study's design with all its measurements.
type Trial struct {
	// Labels identify the trial: model, adapter, benchmark, prompt.
	Labels map[string]string `json:"labels"`
	// Metrics are those of [Metrics] and of other steps, such as a validation loss.
	Metrics map[string]float64 `json:"metrics"`
	// Outcomes are in the benchmark's order.
	Outcomes []Outcome `json:"outcomes"`
	// Judging counts, under names of the benchmark, how the verdicts on the trial's distinct patches were found. "patches"
	// counts the patches with a verdict, "errors" those that could not be judged, including those of bugs that could not
	// be checked; another attempt may succeed.
	Judging map[string]int64 `json:"judging,omitempty"`
	// Fenced counts the candidates whose answers hold a Markdown fence, though all of an answer was taken for code.
	Fenced int `json:"fenced,omitempty"`
	// Training holds the epochs among which one was chosen, in the order of the grid; empty if nothing was trained.
	Training []Epoch `json:"training,omitempty"`
}

// JudgingNotes describes how the verdicts on each benchmark were found, and how many patches could not be judged. Trials
// with the same patches share verdicts, which are counted in each trial.
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
			notes = append(notes, fmt.Sprintf("%s: %s could not be judged%s; `harness run STUDY --retry-errors` tries again", g, count(n, "patch"), each))
		}
	}
	return notes
}

// Epoch holds the measurements of training at the end of an epoch.
type Epoch struct {
	LearningRate   float64 `json:"learning_rate"`
	Epoch          int     `json:"epoch"`            // 1-based
	Epochs         int     `json:"epochs,omitempty"` // of the whole run, if the schedule depends on it
	TrainLoss      float64 `json:"train_loss"`
	ValidationLoss float64 `json:"validation_loss"`
	// ExactMatch is nil if it was not measured.
	ExactMatch *float64 `json:"validation_exact_match,omitempty"`
	// Diverged is the reason why training ended early; the numbers are then meaningless.
	Diverged string `json:"diverged,omitempty"`
	// MicroBatch is the number of examples that were computed at once. Reduced: memory allowed no more.
	MicroBatch int  `json:"micro_batch,omitempty"`
	Reduced    bool `json:"micro_batch_reduced,omitempty"`
	Chosen     bool `json:"chosen,omitempty"`
}

// TrainingNotes reports which points of a trial's training diverged, and how memory reduced micro-batches.
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
		notes = append(notes, fmt.Sprintf("%s: memory allowed only %d examples at once; the result is the same, apart from rounding", t, smallest.MicroBatch))
	}
	return notes
}

// String names the trial by its labels, in the usual order.
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

// Digest identifies a patched file's text, for [Candidate.Program] if the benchmark sends no digests. Every run of white
// space counts as one blank, so that candidates which differ only in layout share a digest. Two such texts are the same
// program, unless the difference is in a string literal or joins a line comment with the next line.
func Digest(patched string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(patched), " ")))
	return hex.EncodeToString(sum[:])
}

// ExactMatch reports whether patched and fixed are equal apart from white space. Blanks count only where they separate
// two words, or two plus or minus signs: "return x" is not "returnx", and "a + +b" is not "a++b".
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

package score

import (
	"fmt"
	"slices"
	"strings"
)

// The rules of [Lints].
const (
	RuleContradiction = "contradiction"    // one text has two verdicts
	RuleSilentRank    = "silent-rank"      // a rank almost never passes, unlike its neighbours
	RuleEmptyPatch    = "empty-patch"      // a patch that inserts nothing passes
	RuleReference     = "reference-fails"  // the reference fix of a bug never passes
	RuleUnchanged     = "unchanged-passes" // the buggy program passes
	RuleTimeouts      = "all-timeouts"     // all candidates of a benchmark, trial or bug are timeouts
	RuleUncompilable  = "all-uncompilable" // no candidate of a bug compiles, of any trial
	RuleStranger      = "other-candidates" // the published verdicts of a trial differ from ours far more often than those of others
	RuleNoAttempt     = "no-attempt"       // a trial without a single candidate
	RuleErrors        = "errors"           // bugs undecided because the harness failed
	RuleUnknown       = "unknown-verdict"  // a word that is not a verdict
)

// Lint is one finding about verdicts.
type Lint struct {
	Rule string `json:"rule"`
	// Published is true for a finding about published verdicts, false for one about ours.
	Published bool `json:"published"`
	// Text is a sentence for the reader of a report, with the counts.
	Text string `json:"text"`
}

func (l Lint) String() string { return l.Text }

// Lints finds verdicts that a sound judge does not give, and trials without meaning. Trials of one benchmark are examined
// together, since they share bugs and judge. The findings are in a fixed order: about our verdicts before those about
// published ones, benchmarks and trials in the given order.
func Lints(trials []Trial) []Lint {
	var lints []Lint
	for _, j := range []judge{ourJudge, publishedJudge} {
		for _, g := range benchmarks(trials) {
			lints = append(lints, contradictions(j, g)...)
			lints = append(lints, silentRanks(j, g)...)
			lints = append(lints, emptyPasses(j, g)...)
			lints = append(lints, failingReferences(j, g)...)
			lints = append(lints, passingUnchanged(j, g)...)
			lints = append(lints, allTimeouts(j, g)...)
			lints = append(lints, allUncompilable(j, g)...)
		}
		for _, t := range trials {
			lints = append(lints, unknownWords(j, t)...)
		}
	}
	for _, g := range benchmarks(trials) {
		lints = append(lints, mismatches(g)...)
	}
	for _, t := range trials {
		lints = append(lints, unproven(t)...)
	}
	return lints
}

// judge is one source of verdicts.
type judge struct {
	who       string // subject of a sentence
	passes    string // its word for a pass
	side      verdicts
	published bool
}

var (
	ourJudge       = judge{who: "our verdicts", passes: Passed, side: ours}
	publishedJudge = judge{who: "published verdicts", passes: Plausible, side: others, published: true}
)

func (j judge) lint(rule, format string, args ...any) Lint {
	return Lint{Rule: rule, Published: j.published, Text: j.who + ": " + fmt.Sprintf(format, args...)}
}

// group holds the trials of one benchmark.
type group struct {
	benchmark string
	trials    []Trial
}

func (g group) String() string {
	if g.benchmark == "" {
		return "these trials"
	}
	return g.benchmark
}

func benchmarks(trials []Trial) []group {
	var groups []group
	for _, t := range trials {
		name := t.Labels["benchmark"]
		i := slices.IndexFunc(groups, func(g group) bool { return g.benchmark == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{benchmark: name})
		}
		groups[i].trials = append(groups[i].trials, t)
	}
	return groups
}

func emptyPasses(j judge, g group) []Lint {
	n := 0
	var bugs []string
	for _, t := range g.trials {
		for _, o := range t.Outcomes {
			vs := j.side(o)
			for rank, v := range vs {
				if !o.Candidates[rank].Empty || decide(v) != pass {
					continue
				}
				n++
				if !slices.Contains(bugs, o.Bug) {
					bugs = append(bugs, o.Bug)
				}
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []Lint{j.lint(RuleEmptyPatch, "%s on %s %s %s, in %s: either deleting the buggy lines fixes the bug, or the tests do not detect it",
		count(n, "empty patch"), g, are(n), j.passes, few(bugs))}
}

func unknownWords(j judge, t Trial) []Lint {
	n := 0
	var words []string
	for _, o := range t.Outcomes {
		for _, v := range j.side(o) {
			// In a published list, "" means that nothing was recorded.
			if decide(v) != open || v == Error || v == onOtherPlatform || v == "" && j.published {
				continue
			}
			n++
			if q := fmt.Sprintf("%q", v); !slices.Contains(words, q) {
				words = append(words, q)
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []Lint{j.lint(RuleUnknown, "%s of %s %s unknown (%s) and %s treated as an error of the judge",
		count(n, "verdict"), t, are(n), few(words), are(n))}
}

// unproven reports why a trial gives no information about its model.
func unproven(t Trial) []Lint {
	outcomes := counting(t.Outcomes)
	refused, reason := 0, ""
	attempted, errors := 0, 0
	for _, o := range outcomes {
		if len(o.Verdicts()) > 0 {
			attempted++
		}
		if hidden(ours(o)) == Error {
			errors++
		}
		if o.Refused != "" {
			if refused == 0 {
				reason = fmt.Sprintf(" (%s: %s)", o.Bug, o.Refused)
			}
			refused++
		}
	}
	bugs := len(outcomes)
	if bugs == 0 && t.Labels["benchmark"] == "" {
		return nil // training alone was measured
	}
	if attempted == 0 {
		text := fmt.Sprintf("%s: none of %s was attempted", t, count(bugs, "bug"))
		switch {
		case len(t.Outcomes) == 0:
			text = fmt.Sprintf("%s: no bugs", t)
		case slices.ContainsFunc(t.Outcomes, func(o Outcome) bool { return o.Unrecorded }):
			text = fmt.Sprintf("%s: nothing is recorded for any of %s", t, count(len(t.Outcomes), "bug"))
		case bugs == 0:
			text = fmt.Sprintf("%s: none of %s is sound", t, count(len(t.Outcomes), "bug"))
		}
		if refused > 0 {
			text += fmt.Sprintf("; the model refused %d%s", refused, reason)
		}
		return []Lint{{Rule: RuleNoAttempt, Text: text}}
	}
	if errors == 0 {
		return nil
	}
	n := ranks(outcomes, ours)
	text := fmt.Sprintf("%s: the harness failed before any pass in %d of %s; undecided bugs are left out: pass@1 is over %s",
		t, errors, count(bugs, "bug"), count(passAt(outcomes, ours, 1).Total, "bug"))
	if n > 1 {
		text += fmt.Sprintf(", pass@%d over %d", n, passAt(outcomes, ours, n).Total)
	}
	return []Lint{{Rule: RuleErrors, Text: text}}
}

func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "ch"):
		noun += "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// few lists the first names and the number of the others.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

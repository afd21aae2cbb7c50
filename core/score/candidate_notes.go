package score

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Noted reports whether [CandidateNotes] name a candidate with its Detail.
func Noted(c Candidate) bool {
	return c.Verdict == Flaky || c.Verdict == Passed && c.Reason == ReasonCaller
}

// CandidateNotes lists what a reader of a table has to know of single candidates: verdicts that are not certain, passes to
// look at, and candidates that were denied something or could not be judged on this platform. Equal programs of a bug are
// named once.
func CandidateNotes(trials []Trial) []string {
	var notes []string
	for _, g := range benchmarks(trials) {
		var named []string
		forbidden, platform := map[string]bool{}, map[string]bool{}
		for _, t := range g.trials {
			for _, o := range counting(t.Outcomes) {
				for rank, c := range o.Candidates {
					program := o.Bug + " " + c.Program
					switch {
					case c.Verdict == Flaky:
						named = append(named, fmt.Sprintf("a candidate for %s of %s counts as not fixed, since its verdict is not certain: it %s", o.Bug, g, c.Detail))
					case c.Verdict == Passed && c.Reason == ReasonCaller:
						named = append(named, fmt.Sprintf("a candidate for %s of %s passes and reads its own stack trace, which tells it what calls it: look at it before you count it (%s, rank %d)", o.Bug, g, t, rank+1))
					case c.Reason == ReasonForbidden:
						forbidden[program] = true
					case c.Reason == ReasonPlatform && decide(c.Verdict) == fail:
						platform[program] = true
					}
				}
			}
		}
		slices.Sort(named)
		notes = append(notes, slices.Compact(named)...)
		if n := len(forbidden); n > 0 {
			notes = append(notes, fmt.Sprintf("%s on %s failed after a call that neither version of the bug makes, and that was denied: %s", count(n, "program"), g, bugsOf(forbidden)))
		}
		if n := len(platform); n > 0 {
			notes = append(notes, fmt.Sprintf("%s on %s need what the judge's Java lacks; they count neither as fixed nor as not fixed: %s", count(n, "program"), g, bugsOf(platform)))
		}
	}
	return notes
}

// ExtractionNotes names the models whose answers hold Markdown fences, which are no code, though all of an answer was taken
// for code. The counts are over the trials that have such answers.
func ExtractionNotes(trials []Trial) []string {
	fenced, answers := map[string]int{}, map[string]int{} // by model
	for _, t := range trials {
		if t.Fenced == 0 {
			continue
		}
		model := t.Labels["model"]
		fenced[model] += t.Fenced
		for _, o := range t.Outcomes {
			answers[model] += len(o.Candidates)
		}
	}
	var notes []string
	for _, model := range slices.Sorted(maps.Keys(fenced)) {
		verb := "hold"
		if fenced[model] == 1 {
			verb = "holds"
		}
		notes = append(notes, fmt.Sprintf(`%d of %s of model %s %s a Markdown fence, and extract is "none": set extract = "code-block" in the model's block, or "method" if the answers are whole methods`,
			fenced[model], count(answers[model], "answer"), model, verb))
	}
	return notes
}

// bugsOf lists the bugs of programs.
func bugsOf(programs map[string]bool) string {
	var bugs []string
	for program := range programs {
		bug, _, _ := strings.Cut(program, " ")
		bugs = append(bugs, bug)
	}
	slices.Sort(bugs)
	return few(slices.Compact(bugs))
}

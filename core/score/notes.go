package score

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// UnsoundNotes names the bugs that count in no trial, each once per benchmark, with the reason.
func UnsoundNotes(trials []Trial) []string {
	var notes []string
	for _, g := range benchmarks(trials) {
		for _, t := range g.trials {
			for _, o := range t.Outcomes {
				note := fmt.Sprintf("%s of %s counts in no trial: %s", o.Bug, g, o.Unsound)
				if o.Unsound != "" && !slices.Contains(notes, note) {
					notes = append(notes, note)
				}
			}
		}
	}
	return notes
}

// UnrecordedNotes lists the trials in which nothing is recorded for some bugs, with the bugs. Trials with the same bugs
// share a note.
func UnrecordedNotes(trials []Trial) []string {
	return shared(trials, func(t Trial) string {
		var bugs []string
		for _, o := range t.Outcomes {
			if o.Unrecorded && o.Unsound == "" {
				bugs = append(bugs, o.Bug)
			}
		}
		if len(bugs) == 0 {
			return ""
		}
		return fmt.Sprintf("nothing is recorded for %d of %s, which count neither as fixed nor as not fixed: %s", len(bugs), count(len(t.Outcomes), "bug"), few(bugs))
	})
}

// AttemptNotes lists the trials in which bugs were not attempted, with their number and the reasons. Trials with the same
// text share a note.
func AttemptNotes(trials []Trial) []string {
	return shared(trials, func(t Trial) string { return skipped(counting(t.Outcomes)) })
}

// shared lists what is to be said of trials, each text once with its trials.
func shared(trials []Trial, say func(Trial) string) []string {
	var texts []string
	by := map[string][]string{} // text → trials
	for _, t := range trials {
		text := say(t)
		if text == "" {
			continue
		}
		if by[text] == nil {
			texts = append(texts, text)
		}
		by[text] = append(by[text], t.String())
	}
	var notes []string
	for _, text := range texts {
		who := by[text][0]
		if others := len(by[text]) - 1; others > 0 {
			who += fmt.Sprintf(" (and %s)", count(others, "other trial"))
		}
		notes = append(notes, who+": "+text)
	}
	return notes
}

// skipped describes how many bugs were not attempted, by reason. It returns "" if all were attempted, or none, which
// [Lints] reports.
func skipped(outcomes []Outcome) string {
	var reasons Reasons
	for _, o := range outcomes {
		switch {
		case len(o.Verdicts()) > 0:
		case o.Refused != "":
			reasons.Add(o.Bug, o.Refused)
		default:
			reasons.Add(o.Bug, "no candidate")
		}
	}
	if reasons.Len() == 0 || reasons.Len() == len(outcomes) {
		return ""
	}
	return fmt.Sprintf("%d of %s not attempted, which count as not fixed: %s", reasons.Len(), count(len(outcomes), "bug"), &reasons)
}

// Reasons groups bugs by the reason why something was not done. Reasons that differ only in numbers are one group, such as
// prompts that are too long by different numbers of tokens.
type Reasons struct {
	groups []reasonGroup
	total  int
}

type reasonGroup struct {
	pattern, example string
	bugs             []string
}

var numbers = regexp.MustCompile(`[0-9]+`)

// Add adds a bug with its reason.
func (r *Reasons) Add(bug, reason string) {
	r.total++
	pattern := numbers.ReplaceAllString(reason, "0")
	i := slices.IndexFunc(r.groups, func(g reasonGroup) bool { return g.pattern == pattern })
	if i < 0 {
		i = len(r.groups)
		r.groups = append(r.groups, reasonGroup{pattern: pattern, example: reason})
	}
	r.groups[i].bugs = append(r.groups[i].bugs, bug)
}

// Len returns the number of bugs.
func (r *Reasons) Len() int { return r.total }

// String lists the first reason of each group: "the bug has 2 hunks (3 bugs: A, B, C)".
func (r *Reasons) String() string {
	var parts []string
	for _, g := range r.groups {
		example := g.example
		if len(g.bugs) > 1 && g.pattern != g.example {
			example = "such as \"" + example + "\""
		}
		parts = append(parts, fmt.Sprintf("%s (%s: %s)", example, count(len(g.bugs), "bug"), few(g.bugs)))
	}
	return strings.Join(parts, "; ")
}

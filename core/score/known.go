package score

import (
	"fmt"
	"slices"
)

// known counts, for a bug, how often a judge passed a program that is known to be right or wrong.
type known struct {
	bug string
	Proportion
}

func (k known) String() string {
	return fmt.Sprintf("%s (%d of %d times)", k.bug, k.Successes, k.Total)
}

// references and unchanged tally the verdicts on reference fixes and on unchanged programs, by bug in order of first
// appearance. Verdicts at silent ranks are left out: they say nothing about programs.
func references(j judge, g group) []known {
	return tallyKnown(j, g, func(c Candidate) bool { return c.ExactMatch != nil && *c.ExactMatch })
}

func unchanged(j judge, g group) []known {
	return tallyKnown(j, g, func(c Candidate) bool { return c.Unchanged })
}

func tallyKnown(j judge, g group, marked func(Candidate) bool) []known {
	quiet := silences(j, g)
	var list []known
	for i, t := range g.trials {
		for _, o := range t.Outcomes {
			vs := j.side(o)
			for rank, v := range vs {
				d := decide(v)
				if !marked(o.Candidates[rank]) || d == open || quiet.cover(i, rank) {
					continue
				}
				at := slices.IndexFunc(list, func(k known) bool { return k.bug == o.Bug })
				if at < 0 {
					at = len(list)
					list = append(list, known{bug: o.Bug})
				}
				list[at].Total++
				if d == pass {
					list[at].Successes++
				}
			}
		}
	}
	return list
}

// failingReferences finds bugs whose reference fix a judge never passes.
func failingReferences(j judge, g group) []Lint {
	bugs := never(references(j, g))
	if len(bugs) == 0 {
		return nil
	}
	return []Lint{j.lint(RuleReference, "candidates that are the reference fix are never %s for %s on %s: %s; where that is so more than once, no verdict on the bug means anything",
		j.passes, count(len(bugs), "bug"), g, few(names(bugs)))}
}

// passingUnchanged finds bugs whose buggy program a judge passes.
func passingUnchanged(j judge, g group) []Lint {
	bugs := slices.DeleteFunc(unchanged(j, g), func(k known) bool { return k.Successes == 0 })
	if len(bugs) == 0 {
		return nil
	}
	return []Lint{j.lint(RuleUnchanged, "candidates that leave the program as it was are %s for %s on %s: %s; the tests do not see %s",
		j.passes, count(len(bugs), "bug"), g, few(names(bugs)), these(len(bugs)))}
}

func never(list []known) []known {
	return slices.DeleteFunc(list, func(k known) bool { return k.Successes > 0 })
}

func names[T fmt.Stringer](list []T) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return texts
}

func these(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

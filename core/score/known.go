package score

import (
	"fmt"
	"slices"
)

// known counts how often a judge passed a bug's program that is known to be right or wrong.
type known struct {
	bug string
	Proportion
}

func (k known) String() string {
	return fmt.Sprintf("%s (%d of %d times)", k.bug, k.Successes, k.Total)
}

// references and unchanged tally the verdicts on reference fixes and on unchanged programs, by bug in order of first
// appearance. Verdicts at silent ranks are left out, since they are meaningless.
func references(j judge, g group) []known {
	return tallyKnown(j, g, func(c Candidate) bool { return c.ExactMatch != nil && *c.ExactMatch })
}

func unchanged(j judge, g group) []known {
	return tallyKnown(j, g, func(c Candidate) bool { return c.Unchanged })
}

func tallyKnown(j judge, g group, marked func(Candidate) bool) []known {
	silent := findSilences(j, g)
	var list []known
	for i, t := range g.trials {
		for _, o := range t.Outcomes {
			vs := j.side(o)
			for rank, v := range vs {
				d := decide(v)
				if !marked(o.Candidates[rank]) || d == open || silent.cover(i, rank) {
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
	return []Lint{j.lint(RuleReference, "candidates that are the reference fix are never %s for %s on %s: %s; if that happens more than once, all verdicts on the bug are meaningless",
		j.passes, count(len(bugs), "bug"), g, few(names(bugs)))}
}

// passingUnchanged finds bugs whose buggy program a judge passes.
func passingUnchanged(j judge, g group) []Lint {
	bugs := slices.DeleteFunc(unchanged(j, g), func(k known) bool { return k.Successes == 0 })
	if len(bugs) == 0 {
		return nil
	}
	return []Lint{j.lint(RuleUnchanged, "candidates that do not change the program are %s for %s on %s: %s; the tests do not detect %s",
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

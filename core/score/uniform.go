package score

import (
	"maps"
	"slices"
	"strings"
)

// uniform counts verdicts of one judge that are all the same word, whatever the candidates.
type uniform struct {
	decided, timeouts, uncompilable int
	trials                          []int // that have any, by index in the group
}

func (u *uniform) add(trial int, verdicts []string) {
	for _, v := range verdicts {
		if decide(v) == open {
			continue
		}
		u.decided++
		switch v {
		case Timeout:
			u.timeouts++
		case Uncompilable:
			u.uncompilable++
		}
		if !slices.Contains(u.trials, trial) {
			u.trials = append(u.trials, trial)
		}
	}
}

const (
	// manyTimeouts is from how many candidates on it is remarkable that all are timeouts.
	manyTimeouts = 10
	// Models do write what does not compile. That all of them do so, for one bug, is remarkable from so many candidates
	// and trials on where most candidates for other bugs compile.
	manyUncompilable       = 40
	manyUncompilableTrials = 4
)

func (u uniform) late() bool { return u.decided >= manyTimeouts && u.timeouts == u.decided }

func (u uniform) brokenAmong(whole uniform) bool {
	return u.decided >= manyUncompilable && u.uncompilable == u.decided && len(u.trials) >= manyUncompilableTrials &&
		2*whole.uncompilable <= whole.decided
}

// uniforms tallies a group's verdicts as a whole, by trial, and by bug in order of first appearance.
func uniforms(j judge, g group) (whole uniform, trials []uniform, bugs map[string]*uniform, order []string) {
	trials, bugs = make([]uniform, len(g.trials)), map[string]*uniform{}
	for i, t := range g.trials {
		for _, o := range t.Outcomes {
			if bugs[o.Bug] == nil {
				bugs[o.Bug] = &uniform{}
				order = append(order, o.Bug)
			}
			for _, u := range []*uniform{&whole, &trials[i], bugs[o.Bug]} {
				u.add(i, j.side(o))
			}
		}
	}
	return whole, trials, bugs, order
}

// class is the bugs of a group that share the value of a label.
type class struct {
	name string // label=value
	uniform
	bugs []string
}

// classes tallies a group's verdicts by the labels of bugs, by name.
func classes(j judge, g group) []*class {
	byName := map[string]*class{}
	for i, t := range g.trials {
		for _, o := range t.Outcomes {
			for label, value := range o.Labels {
				name := label + "=" + value
				c := byName[name]
				if c == nil {
					c = &class{name: name}
					byName[name] = c
				}
				c.add(i, j.side(o))
				if !slices.Contains(c.bugs, o.Bug) {
					c.bugs = append(c.bugs, o.Bug)
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *class) int { return strings.Compare(a.name, b.name) })
}

// allTimeouts finds where candidates end in timeouts only: a benchmark, else a trial, a class of bugs, and other bugs
// over all trials.
func allTimeouts(j judge, g group) []Lint {
	const cause = "either the limit is too short, or the judge hangs"
	whole, trials, bugs, order := uniforms(j, g)
	if whole.late() {
		return []Lint{j.lint(RuleTimeouts, "all %s on %s are timeouts: %s", count(whole.decided, "candidate"), g, cause)}
	}
	var lints []Lint
	for i, t := range trials {
		if t.late() {
			lints = append(lints, j.lint(RuleTimeouts, "all %s of %s are timeouts: %s", count(t.decided, "candidate"), g.trials[i], cause))
		}
	}
	named := map[string]bool{}
	for _, c := range classes(j, g) {
		if len(c.bugs) < 2 || !c.late() {
			continue
		}
		lints = append(lints, j.lint(RuleTimeouts, "all %s of the %s with %s on %s are timeouts (%s): %s",
			count(c.decided, "candidate"), count(len(c.bugs), "bug"), c.name, g, few(c.bugs), cause))
		for _, bug := range c.bugs {
			named[bug] = true
		}
	}
	n := 0
	var found []string
	for _, bug := range order {
		if bugs[bug].late() && !named[bug] {
			n += bugs[bug].decided
			found = append(found, bug)
		}
	}
	if len(found) > 0 {
		lints = append(lints, j.lint(RuleTimeouts, "all %s of %s on %s are timeouts (%s): %s", count(n, "candidate"), count(len(found), "bug"), g, few(found), cause))
	}
	return lints
}

// neverCompiling are the bugs for which a judge compiles no candidate, whoever wrote it.
func neverCompiling(j judge, g group) []string {
	whole, _, bugs, order := uniforms(j, g)
	return slices.DeleteFunc(order, func(bug string) bool { return !bugs[bug].brokenAmong(whole) })
}

func allUncompilable(j judge, g group) []Lint {
	found := neverCompiling(j, g)
	if len(found) == 0 {
		return nil
	}
	whole, _, bugs, _ := uniforms(j, g)
	n := 0
	for _, bug := range found {
		n += bugs[bug].decided
	}
	return []Lint{j.lint(RuleUncompilable, "not one of %s of %s on %s compiles (%s), while %d of all %d do: patches are put in a wrong place, or something is missing that these bugs need",
		count(n, "candidate"), count(len(found), "bug"), g, few(found), whole.decided-whole.uncompilable, whole.decided)}
}

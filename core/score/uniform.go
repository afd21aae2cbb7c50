package score

import (
	"maps"
	"slices"
	"strings"
)

// uniform counts the verdicts of one judge, to find where all are the same.
type uniform struct {
	decided, timeouts, uncompilable int
	trials                          []int // with a decided verdict, by index in the group
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
	// manyTimeouts is the least number of candidates for which it is remarkable that all are timeouts.
	manyTimeouts = 10
	// The least numbers of candidates and trials for which it is remarkable that no candidate for a bug compiles, while most
	// candidates for other bugs do.
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

// class holds the bugs of a group that share the value of a label.
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

// allTimeouts finds a benchmark, or else trials, classes of bugs and other bugs whose candidates are all timeouts.
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

// neverCompiling returns the bugs for which a judge compiles no candidate of any trial.
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
	return []Lint{j.lint(RuleUncompilable, "none of %s of %s on %s compiles (%s), while %d of all %d do: patches are applied at wrong lines, or something that these bugs need is missing",
		count(n, "candidate"), count(len(found), "bug"), g, few(found), whole.decided-whole.uncompilable, whole.decided)}
}

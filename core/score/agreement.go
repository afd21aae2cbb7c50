package score

import (
	"fmt"
	"slices"
)

// The classes of [Disagreement]. The first three are of published verdicts that are meaningless; these are not compared.
const (
	ClassStated = "stated" // the study declares the published verdicts void: see [Void]
	ClassRace   = "race"   // published at a rank that almost never passes: [RuleSilentRank]
	ClassVoid   = "void"   // for a bug on which the published judge was broken: see [Agreements]

	ClassContradiction = "contradiction" // published twice for this program, once with our verdict
	ClassSignature     = "signature"     // the tests do not compile against the program: the other judge ran older classes, or none
	ClassPlatform      = "platform"      // our platform lacks something that the program needs
	ClassTimeLimit     = "time-limit"    // one judge stopped at a limit of time or steps, or would have on a slower machine; the other did not
	ClassMemory        = "memory"        // the program ran out of memory or stack in our judge, and passed in the other
	ClassUnexplained   = "unexplained"   // no known explanation
)

// Classes lists the classes of disagreements, first those that are not compared.
func Classes() []string {
	return []string{
		ClassStated, ClassRace, ClassVoid,
		ClassContradiction, ClassSignature, ClassPlatform, ClassTimeLimit, ClassMemory, ClassUnexplained,
	}
}

// Void is a study's declaration that some published verdicts must not be compared.
type Void struct {
	Where map[string][]string // values of the trials' labels; empty: all trials
	Bugs  []string            // empty: all
	Ranks []int               // 0-based; empty: all
}

func (v Void) covers(t Trial, bug string, rank int) bool {
	for label, values := range v.Where {
		if !slices.Contains(values, t.Labels[label]) {
			return false
		}
	}
	return (len(v.Bugs) == 0 || slices.Contains(v.Bugs, bug)) && (len(v.Ranks) == 0 || slices.Contains(v.Ranks, rank))
}

// Tally counts candidates with a published verdict and one of ours.
type Tally struct {
	Candidates int `json:"candidates"`
	// Void counts those whose published verdict is meaningless (the first classes); all others are compared.
	Void        int `json:"void"`
	SamePass    int `json:"same_pass"`    // of those compared: both judges pass it, or neither does
	SameVerdict int `json:"same_verdict"` // of those compared: [SameVerdict]
}

// Compared returns the number of candidates that are compared.
func (t Tally) Compared() int { return t.Candidates - t.Void }

// Agreement counts how often our verdicts on a benchmark and the published ones agree.
type Agreement struct {
	Benchmark string `json:"benchmark"`
	Tally
	// Errors, Unsound and Unplaced count further candidates, with a published verdict and none of ours: because the harness
	// failed, because their bug is unsound, or because they do not fit this copy of the program.
	Errors   int          `json:"errors"`
	Unsound  int          `json:"unsound"`
	Unplaced int          `json:"unplaced"`
	Trials   []TrialTally `json:"trials"`
	// VoidBy counts the void candidates by class, including those on which the judges agree.
	VoidBy map[string]int `json:"void_by"`
	// Disagreements lists all disagreements, including void ones, by trial, bug and rank.
	Disagreements []Disagreement `json:"disagreements"`
}

// TrialTally is the tally of one trial.
type TrialTally struct {
	Labels map[string]string `json:"labels"`
	Tally
}

// Disagreement is a candidate for which our verdict and the published one differ.
type Disagreement struct {
	Class     string            `json:"class"`
	Labels    map[string]string `json:"labels"` // of the trial
	Bug       string            `json:"bug"`
	Rank      int               `json:"rank"`
	Ours      string            `json:"ours"`
	Published string            `json:"published"`
	// Pass: the verdicts differ in whether the candidate passes, not only in how it fails.
	Pass   bool   `json:"pass"`
	Detail string `json:"detail,omitempty"` // our judge's explanation
}

// Agreements compares our verdicts with the published ones, by benchmark in the order of the trials. Benchmarks without
// both are left out.
//
// The class of a disagreement follows from facts: the published verdicts on the same program and the same bug, the rank,
// the two verdicts and the reason of ours. The published verdicts on a bug are void if they never pass the reference fix or
// always pass the unchanged program, at least twice; or if every candidate, of 40 or more from 4 or more trials, is
// uncompilable, although most candidates for other bugs compile, and we compiled some ([RuleReference], [RuleUnchanged],
// [RuleUncompilable]). Verdicts that voids cover are not evidence. If several classes fit, the first in the order of
// [Classes] counts.
func Agreements(trials []Trial, voids []Void) []Agreement {
	var all []Agreement
	for _, g := range benchmarks(trials) {
		if a := agreement(g, voids); a.Candidates+a.Unjudged() > 0 {
			all = append(all, a)
		}
	}
	return all
}

// Unjudged returns the number of candidates with a published verdict and none of ours.
func (a Agreement) Unjudged() int { return a.Errors + a.Unsound + a.Unplaced }

func agreement(g group, voids []Void) Agreement {
	c := newClassifier(g, voids)
	a := Agreement{Benchmark: g.benchmark, Trials: []TrialTally{}, VoidBy: map[string]int{}, Disagreements: []Disagreement{}}
	for i, t := range g.trials {
		tally := TrialTally{Labels: t.Labels}
		for _, o := range t.Outcomes {
			for rank, candidate := range o.Candidates {
				other := candidate.Published
				switch {
				case decide(other) == open || rank >= len(o.Verdicts()):
					continue
				case decide(candidate.Verdict) != open:
				case o.Unsound != "":
					a.Unsound++
					continue
				case candidate.Reason == ReasonUnplaced:
					a.Unplaced++
					continue
				default:
					a.Errors++
					continue
				}
				tally.Candidates++
				d := Disagreement{
					Labels: t.Labels, Bug: o.Bug, Rank: rank, Ours: candidate.Verdict, Published: other,
					Pass: decide(candidate.Verdict) != decide(other), Detail: candidate.Detail,
				}
				same := SameVerdict(d.Ours, d.Published)
				if class := c.void(i, o.Bug, rank); class != "" {
					tally.Void++
					a.VoidBy[class]++
					d.Class = class
				} else {
					if !d.Pass {
						tally.SamePass++
					}
					if same {
						tally.SameVerdict++
					} else {
						d.Class = c.class(i, o, d)
					}
				}
				if !same {
					a.Disagreements = append(a.Disagreements, d)
				}
			}
		}
		if tally.Candidates > 0 {
			a.Trials = append(a.Trials, tally)
		}
		a.Candidates += tally.Candidates
		a.Void += tally.Void
		a.SamePass += tally.SamePass
		a.SameVerdict += tally.SameVerdict
	}
	return a
}

// classifier finds the classes of disagreements on a benchmark.
type classifier struct {
	trials    []Trial
	stated    []Void
	silent    silences
	bugs      []string          // whose published verdicts are void
	published map[textKey]*text // without void verdicts
}

func newClassifier(g group, voids []Void) *classifier {
	g = without(g, voids)
	c := &classifier{trials: g.trials, stated: voids, silent: findSilences(publishedJudge, g), published: map[textKey]*text{}}
	c.bugs = voidBugs(g)
	found, _ := gather(publishedJudge, g.trials)
	for key, t := range found {
		sound := slices.DeleteFunc(slices.Clone(t.seen), func(s sighting) bool { return c.void(s.trial, t.bug, s.rank) != "" })
		c.published[key] = &text{bug: t.bug, seen: sound}
	}
	return c
}

// without returns a group without the published verdicts that voids cover.
func without(g group, voids []Void) group {
	trials := slices.Clone(g.trials)
	for i, t := range trials {
		outcomes := slices.Clone(t.Outcomes)
		for j, o := range outcomes {
			candidates := slices.Clone(o.Candidates)
			for rank := range candidates {
				if slices.ContainsFunc(voids, func(v Void) bool { return v.covers(t, o.Bug, rank) }) {
					candidates[rank].Published = ""
				}
			}
			outcomes[j].Candidates = candidates
		}
		trials[i].Outcomes = outcomes
	}
	return group{benchmark: g.benchmark, trials: trials}
}

// void returns the class of a void verdict, or "".
func (c *classifier) void(trial int, bug string, rank int) string {
	switch {
	case slices.ContainsFunc(c.stated, func(v Void) bool { return v.covers(c.trials[trial], bug, rank) }):
		return ClassStated
	case c.silent.cover(trial, rank):
		return ClassRace
	case slices.Contains(c.bugs, bug):
		return ClassVoid
	}
	return ""
}

// class finds the class of two differing verdicts that are not void.
func (c *classifier) class(trial int, o Outcome, d Disagreement) string {
	reason := o.Candidates[d.Rank].Reason
	asOurs := func(s sighting) bool {
		if d.Pass {
			return decide(s.verdict) == decide(d.Ours)
		}
		return SameVerdict(d.Ours, s.verdict)
	}
	switch key, ok := keyOf(o, d.Rank); {
	case ok && c.published[key] != nil && slices.ContainsFunc(c.published[key].seen, asOurs):
		return ClassContradiction
	case reason == ReasonInterface && d.Ours == Uncompilable:
		return ClassSignature
	case reason == ReasonPlatform && decide(d.Ours) == fail:
		return ClassPlatform
	case d.Published == Timeout && d.Ours != Uncompilable,
		d.Ours == Timeout && d.Published != Uncompilable,
		reason == ReasonLimit && (d.Published == Plausible || d.Published == Wrong && d.Ours == Passed):
		return ClassTimeLimit
	case reason == ReasonMemory && d.Published == Plausible:
		return ClassMemory
	}
	return ClassUnexplained
}

// leastKnown is the least number of verdicts on known programs that make a bug's verdicts void: one may be an accident.
const leastKnown = 2

// voidBugs returns the bugs on which the published judge was broken.
func voidBugs(g group) []string {
	var bugs []string
	for _, k := range references(publishedJudge, g) {
		if k.Total >= leastKnown && k.Successes == 0 {
			bugs = append(bugs, k.bug)
		}
	}
	for _, k := range unchanged(publishedJudge, g) {
		if k.Total >= leastKnown && k.Successes == k.Total {
			bugs = append(bugs, k.bug)
		}
	}
	_, _, ours, _ := uniforms(ourJudge, g)
	for _, bug := range neverCompiling(publishedJudge, g) {
		if ours[bug].uncompilable < ours[bug].decided {
			bugs = append(bugs, bug)
		}
	}
	return bugs
}

// Disagreeing counts the disagreements of a class, and those of them in which only one judge passes the candidate.
func (a Agreement) Disagreeing(class string) (all, pass int) {
	for _, d := range a.Disagreements {
		if d.Class == class {
			all++
			if d.Pass {
				pass++
			}
		}
	}
	return all, pass
}

// SameVerdict reports whether our verdict and a published one mean the same in their different words. Published judges
// count a crash as a failed test.
func SameVerdict(ours, published string) bool {
	switch published {
	case Plausible:
		return ours == Passed
	case Wrong:
		return ours == Failed || ours == Crashed || ours == Flaky
	}
	return published != "" && ours == published
}

// mismatches finds trials whose published verdicts differ from ours far more often than those of the benchmark's other
// trials: they may belong to other candidates.
func mismatches(g group) []Lint {
	a := agreement(g, nil)
	var lints []Lint
	for _, t := range a.Trials {
		here := Proportion{t.Compared() - t.SamePass, t.Compared()}
		beside := Proportion{a.Compared() - a.SamePass - here.Successes, a.Compared() - here.Total}
		if here.Total == 0 || beside.Total == 0 {
			continue
		}
		low, _ := here.Wilson(0.95)
		if _, high := beside.Wilson(0.95); low < mismatchShare || low < mismatchFactor*high {
			continue
		}
		lints = append(lints, Lint{Rule: RuleStranger, Published: true, Text: fmt.Sprintf(
			"published verdicts: those of %s differ from ours in whether a candidate passes %d of %d times, those of the other trials on %s %d of %d times: they may belong to other candidates",
			Trial{Labels: t.Labels}, here.Successes, here.Total, g, beside.Successes, beside.Total)})
	}
	return lints
}

const (
	// mismatchShare is the least share of differing verdicts that is reported, mismatchFactor the least ratio to the share of
	// the other trials. Both use the cautious ends of the intervals.
	mismatchShare  = 0.05
	mismatchFactor = 3
)

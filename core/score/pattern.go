package score

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// sighting is one verdict on a text.
type sighting struct {
	trial, rank int
	verdict     string
}

// text is a patched file of one bug with all decided verdicts on it.
type text struct {
	bug  string
	seen []sighting
}

// other returns the first sighting whose verdict differs from that of the first one.
func (t *text) other() (sighting, bool) {
	for _, s := range t.seen[1:] {
		if s.verdict != t.seen[0].verdict {
			return s, true
		}
	}
	return sighting{}, false
}

// textKey identifies a text.
type textKey struct{ bug, digest string }

// keyOf returns the key of the text at a rank of an outcome, if it was recorded.
func keyOf(o Outcome, rank int) (textKey, bool) {
	k := textKey{bug: o.Bug, digest: o.Candidates[rank].Program}
	return k, k.digest != ""
}

// texts returns the texts of gather.
func texts(j judge, trials []Trial) []*text {
	_, list := gather(j, trials)
	return list
}

// gather collects the verdicts of a judge by text: by key, and in order of first appearance.
func gather(j judge, trials []Trial) (map[textKey]*text, []*text) {
	found := map[textKey]*text{}
	var list []*text
	for i, t := range trials {
		for _, o := range t.Outcomes {
			for rank, verdict := range j.side(o) {
				k, ok := keyOf(o, rank)
				if !ok || decide(verdict) == open {
					continue
				}
				if found[k] == nil {
					found[k] = &text{bug: o.Bug}
					list = append(list, found[k])
				}
				found[k].seen = append(found[k].seen, sighting{i, rank, verdict})
			}
		}
	}
	return found, list
}

func contradictions(j judge, g group) []Lint {
	again, conflicting, passing := 0, 0, 0
	bugs := map[string]bool{}
	example := ""
	for _, t := range texts(j, g.trials) {
		if len(t.seen) > 1 {
			again++
		}
		b, ok := t.other()
		if !ok {
			continue
		}
		a := t.seen[0]
		conflicting++
		bugs[t.bug] = true
		if slices.ContainsFunc(t.seen, func(s sighting) bool { return decide(s.verdict) == pass }) {
			passing++
		}
		if example == "" {
			example = fmt.Sprintf("%s is %s at rank %d of %s, and %s at rank %d", t.bug, a.verdict, a.rank, g.trials[a.trial], b.verdict, b.rank)
			if b.trial != a.trial {
				example += fmt.Sprintf(" of %s", g.trials[b.trial])
			}
		}
	}
	if conflicting == 0 {
		return nil
	}
	least, most := countConflicting(j, g.trials)
	within := fmt.Sprintf("%d to %d", least, most)
	if least == most {
		within = fmt.Sprint(least)
	}
	return []Lint{j.lint(RuleContradiction,
		"%d of %s judged more than once on %s %s different verdicts, %d of them %s among others, in %s (%s within a single trial); the text of %s: the judge is not deterministic",
		conflicting, count(again, "text"), g, have(conflicting), passing, j.passes, count(len(bugs), "bug"), within, example)}
}

// countConflicting counts, in each trial, the bugs with a text that has two verdicts within the trial, and returns the
// smallest and the largest number.
func countConflicting(j judge, trials []Trial) (least, most int) {
	for i, t := range trials {
		bugs := map[string]bool{}
		for _, x := range texts(j, []Trial{t}) {
			if _, ok := x.other(); ok {
				bugs[x.bug] = true
			}
		}
		if i == 0 {
			least = len(bugs)
		}
		least, most = min(least, len(bugs)), max(most, len(bugs))
	}
	return least, most
}

const (
	// silentShare is the largest share of passes that makes a rank silent.
	silentShare = 0.01
	// silentChance bounds the probability of so few passes if the rank passed as often as its neighbours. It is small
	// because candidates of one bug are not independent, and because every rank of every benchmark is tested.
	silentChance = 1e-4
)

// silence is a rank that almost never passes, unlike its neighbours.
type silence struct {
	rank  int
	trial int    // index in the group, or -1 for all of them
	text  string // the finding
}

type silences []silence

// cover reports whether a trial's verdicts at a rank are meaningless.
func (q silences) cover(trial, rank int) bool {
	return slices.ContainsFunc(q, func(s silence) bool { return s.rank == rank && (s.trial < 0 || s.trial == trial) })
}

// findSilences finds silent ranks over all trials of the group or, if there are none, in single trials.
func findSilences(j judge, g group) silences {
	if found := silentIn(j, g.trials, -1, g.String()); len(found) > 0 {
		return found
	}
	var found silences
	for i, t := range g.trials {
		found = append(found, silentIn(j, []Trial{t}, i, t.String())...)
	}
	return found
}

func silentRanks(j judge, g group) []Lint {
	var lints []Lint
	for _, s := range findSilences(j, g) {
		lints = append(lints, j.lint(RuleSilentRank, "%s", s.text))
	}
	return lints
}

func silentIn(j judge, trials []Trial, index int, where string) silences {
	tally := tallyRanks(j, trials)
	var found silences
	for rank, here := range tally {
		var beside Proportion
		var names []string
		for _, n := range []int{rank - 1, rank + 1} {
			if n >= 0 && n < len(tally) && tally[n].Total > 0 {
				beside.Successes += tally[n].Successes
				beside.Total += tally[n].Total
				names = append(names, fmt.Sprintf("rank %d is %s %d of %d times", n, j.passes, tally[n].Successes, tally[n].Total))
			}
		}
		if !silent(here, beside) {
			continue
		}
		text := fmt.Sprintf("rank %d is %s %d of %d times", rank, j.passes, here.Successes, here.Total)
		if n := passElsewhere(j, trials, rank); n > 0 {
			place := "another"
			if rank == 0 {
				place = "a later"
			}
			text += fmt.Sprintf(" although %d of these texts are %s at %s rank", n, j.passes, place)
		}
		text += fmt.Sprintf("; %s: the verdicts on %s contradict themselves", strings.Join(names, ", "), where)
		found = append(found, silence{rank: rank, trial: index, text: text})
	}
	return found
}

// silent reports whether a rank passes so rarely that chance does not explain it. It uses the lower end of the interval
// for the neighbours' share, so that a few passing candidates are not enough evidence.
func silent(here, beside Proportion) bool {
	if here.Total == 0 || beside.Successes == 0 || here.Share() > silentShare {
		return false
	}
	share, _ := beside.Wilson(0.95)
	return distuv.Binomial{N: float64(here.Total), P: share}.CDF(float64(here.Successes)) < silentChance
}

// tallyRanks counts passes among decided verdicts, by rank.
func tallyRanks(j judge, trials []Trial) []Proportion {
	var tally []Proportion
	for _, t := range trials {
		for _, o := range t.Outcomes {
			for rank, v := range j.side(o) {
				if rank == len(tally) {
					tally = append(tally, Proportion{})
				}
				switch decide(v) {
				case pass:
					tally[rank].Successes++
					tally[rank].Total++
				case fail:
					tally[rank].Total++
				}
			}
		}
	}
	return tally
}

// passElsewhere counts the texts that fail at a rank and pass at another rank of the same bug and trial.
func passElsewhere(j judge, trials []Trial, rank int) int {
	n := 0
	for _, t := range trials {
		for _, x := range texts(j, []Trial{t}) {
			fails := slices.ContainsFunc(x.seen, func(s sighting) bool { return s.rank == rank && decide(s.verdict) == fail })
			passes := slices.ContainsFunc(x.seen, func(s sighting) bool { return s.rank != rank && decide(s.verdict) == pass })
			if fails && passes {
				n++
			}
		}
	}
	return n
}

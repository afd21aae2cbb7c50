package score

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// The rules of [Lints].
const (
	RuleContradiction = "contradiction"   // one text has two verdicts
	RuleSilentRank    = "silent-rank"     // a rank hardly ever passes although its neighbours do
	RuleEmptyPatch    = "empty-patch"     // a patch that inserts nothing passes
	RuleNoAttempt     = "no-attempt"      // a trial without a single candidate
	RuleErrors        = "errors"          // bugs undecided because the harness failed
	RuleUnknown       = "unknown-verdict" // a word that is no verdict
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

// Lints looks for verdicts that a sound judge does not give, and for trials that prove nothing. Trials of one benchmark
// are taken together, since they share bugs and judge. The findings are in a fixed order: ours before the published
// ones, benchmarks and trials in the order given.
func Lints(trials []Trial) []Lint {
	var lints []Lint
	for _, j := range []judge{
		{who: "our verdicts", passes: "passed", side: ours},
		{who: "published verdicts", passes: "plausible", side: others, published: true},
	} {
		for _, g := range benchmarks(trials) {
			lints = append(lints, contradictions(j, g)...)
			lints = append(lints, silentRanks(j, g)...)
			lints = append(lints, emptyPasses(j, g)...)
		}
		for _, t := range trials {
			lints = append(lints, unknownWords(j, t)...)
		}
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

func (j judge) lint(rule, format string, args ...any) Lint {
	return Lint{Rule: rule, Published: j.published, Text: j.who + ": " + fmt.Sprintf(format, args...)}
}

// group is the trials of one benchmark.
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

// sighting is one verdict on a text.
type sighting struct {
	trial, rank int
	verdict     string
}

// text is a patched file of one bug with all verdicts that say something about it.
type text struct {
	bug  string
	seen []sighting
}

// other is the first sighting with another verdict than the first one.
func (t *text) other() (sighting, bool) {
	for _, s := range t.seen[1:] {
		if s.verdict != t.seen[0].verdict {
			return s, true
		}
	}
	return sighting{}, false
}

// texts gathers the verdicts of a group by text, in order of first appearance.
func texts(j judge, trials []Trial) []*text {
	type key struct {
		bug, digest string
		trial       int
	}
	index := map[key]*text{}
	var list []*text
	for i, t := range trials {
		for _, o := range t.Outcomes {
			vs := j.side(o)
			for rank, digest := range o.Patches[:min(len(o.Patches), len(vs))] {
				if digest == "" || decide(vs[rank]) == open {
					continue
				}
				k := key{bug: o.Bug, digest: digest}
				if digest == EmptyPatch {
					// What an empty patch deletes, a line or a method, is up to the model; one file only in one trial.
					k.trial = i + 1
				}
				found := index[k]
				if found == nil {
					found = &text{bug: o.Bug}
					index[k] = found
					list = append(list, found)
				}
				found.seen = append(found.seen, sighting{i, rank, vs[rank]})
			}
		}
	}
	return list
}

func contradictions(j judge, g group) []Lint {
	again, torn, touching := 0, 0, 0
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
		torn++
		bugs[t.bug] = true
		if slices.ContainsFunc(t.seen, func(s sighting) bool { return decide(s.verdict) == pass }) {
			touching++
		}
		if example == "" {
			example = fmt.Sprintf("%s is %s at rank %d of %s, and %s at rank %d", t.bug, a.verdict, a.rank, g.trials[a.trial], b.verdict, b.rank)
			if b.trial != a.trial {
				example += fmt.Sprintf(" of %s", g.trials[b.trial])
			}
		}
	}
	if torn == 0 {
		return nil
	}
	least, most := tornBugs(j, g.trials)
	within := fmt.Sprintf("%d to %d", least, most)
	if least == most {
		within = fmt.Sprint(least)
	}
	return []Lint{j.lint(RuleContradiction,
		"%d of %s that were judged more than once on %s have different verdicts, %d of them %s among others, in %s (%s within a single trial); the text of %s: the judge is no function of the program",
		torn, count(again, "text"), g, touching, j.passes, count(len(bugs), "bug"), within, example)}
}

// tornBugs is the least and the largest number of bugs, over trials, that hold one text with two verdicts within the
// trial.
func tornBugs(j judge, trials []Trial) (least, most int) {
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
	// silentChance is how improbable the silence must be if the rank passed as often as its neighbours. It is small
	// because candidates of one bug are not independent, and because every rank of every benchmark is looked at.
	silentChance = 1e-4
)

// silentRanks finds ranks that hardly ever pass although their neighbours do, over all trials of the group or, where
// the group as a whole is sound, in a single trial.
func silentRanks(j judge, g group) []Lint {
	if lints := silentIn(j, g.trials, g.String()); len(lints) > 0 {
		return lints
	}
	var lints []Lint
	for _, t := range g.trials {
		lints = append(lints, silentIn(j, []Trial{t}, t.String())...)
	}
	return lints
}

func silentIn(j judge, trials []Trial, where string) []Lint {
	tally := tallyRanks(j, trials)
	var lints []Lint
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
		message := fmt.Sprintf("rank %d is %s %d of %d times", rank, j.passes, here.Successes, here.Total)
		if n := passElsewhere(j, trials, rank); n > 0 {
			place := "another"
			if rank == 0 {
				place = "a later"
			}
			message += fmt.Sprintf(" although %d of these texts are %s at %s rank", n, j.passes, place)
		}
		lints = append(lints, j.lint(RuleSilentRank, "%s; %s: the verdicts on %s contradict themselves", message, strings.Join(names, ", "), where))
	}
	return lints
}

func silent(here, beside Proportion) bool {
	if here.Total == 0 || beside.Successes == 0 || here.Share() > silentShare {
		return false
	}
	if beside.Successes == beside.Total {
		return true
	}
	expected := distuv.Binomial{N: float64(here.Total), P: beside.Share()}
	return expected.CDF(float64(here.Successes)) < silentChance
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

// passElsewhere counts the texts that fail at rank and pass at another rank of the same bug in the same trial.
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

func emptyPasses(j judge, g group) []Lint {
	n := 0
	var bugs []string
	for _, t := range g.trials {
		for _, o := range t.Outcomes {
			vs := j.side(o)
			for rank, digest := range o.Patches[:min(len(o.Patches), len(vs))] {
				if digest != EmptyPatch || decide(vs[rank]) != pass {
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
	return []Lint{j.lint(RuleEmptyPatch, "%s on %s %s %s, in %s: either deleting the buggy lines is a fix there, or the tests do not see the bug",
		count(n, "empty patch"), g, are(n), j.passes, few(bugs))}
}

func unknownWords(j judge, t Trial) []Lint {
	n := 0
	var words []string
	for _, o := range t.Outcomes {
		for _, v := range j.side(o) {
			// A published list has "" where nothing was recorded.
			if decide(v) != open || v == Error || v == "" && j.published {
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
	return []Lint{j.lint(RuleUnknown, "%s of %s %s no known word (%s) and %s taken for an error of the judge",
		count(n, "verdict"), t, are(n), few(words), are(n))}
}

// unproven finds what keeps a trial from saying something about its model.
func unproven(t Trial) []Lint {
	refused, reason := 0, ""
	attempted, errors := 0, 0
	for _, o := range t.Outcomes {
		if len(o.Verdicts) > 0 {
			attempted++
		}
		if hidden(o.Verdicts) {
			errors++
		}
		if o.Refused != "" {
			if refused == 0 {
				reason = fmt.Sprintf(" (%s: %s)", o.Bug, o.Refused)
			}
			refused++
		}
	}
	bugs := len(t.Outcomes)
	if attempted == 0 {
		text := fmt.Sprintf("%s: none of %s was attempted", t, count(bugs, "bug"))
		if bugs == 0 {
			text = fmt.Sprintf("%s: there are no bugs", t)
		}
		if refused > 0 {
			text += fmt.Sprintf("; the model refused %d%s", refused, reason)
		}
		return []Lint{{Rule: RuleNoAttempt, Text: text}}
	}
	if errors == 0 {
		return nil
	}
	n := ranks(t.Outcomes, ours)
	text := fmt.Sprintf("%s: the harness failed before any pass in %d of %s; undecided bugs count neither for nor against the model: pass@1 is over %s",
		t, errors, count(bugs, "bug"), count(passAt(t.Outcomes, ours, 1).Total, "bug"))
	if n > 1 {
		text += fmt.Sprintf(", pass@%d over %d", n, passAt(t.Outcomes, ours, n).Total)
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

// few lists the first names and says how many more there are.
func few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

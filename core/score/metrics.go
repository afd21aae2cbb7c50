package score

import "slices"

// publishedPrefix is the prefix of the metrics that are computed from published verdicts instead of ours.
const publishedPrefix = "published."

// Metrics reduces the outcomes of one trial to named numbers:
//
//	bugs            bugs in the trial
//	unsound         bugs whose own versions fail the judge's check (see the package comment); left out of the following
//	unrecorded      other bugs for which a recording has nothing; left out of the following, too
//	attempted       bugs with at least one candidate
//	refused         bugs that the model was not asked about
//	errors          bugs whose first pass may be hidden by an error of the harness
//	platform        bugs whose first pass may be hidden since the judge's platform lacks what a candidate needs
//	pass@k          share of judged bugs with a passing candidate among the first k
//	fixed@k         number of such bugs
//	judged@k        denominator of pass@k: bugs that are not undecided (see the package comment)
//	exact_match@1   share of bugs whose first candidate is the reference fix, without bugs whose first candidate could not be
//	                placed; absent if no match was recorded
//	compile_rate    share of judged candidates, over all ranks, that compile
//	published.bugs, published.pass@k, published.fixed@k, published.judged@k
//	                the same from published verdicts, over the bugs that have any; absent if none has. A candidate without one
//	                leaves its bug undecided.
//
// k is 1, 5, 10, 20, 50, 100 … up to the number of ranks of the trial, and that number. A share with a denominator of 0 is
// absent, never 0 or NaN.
func Metrics(outcomes []Outcome) map[string]float64 {
	ours, theirs := depth(outcomes)
	return metrics(outcomes, ours, theirs)
}

// depth returns the numbers of ranks of our and of published metrics.
func depth(outcomes []Outcome) (ourRanks, theirRanks int) {
	return ranks(counting(outcomes), ours), ranks(published(outcomes), Outcome.Published)
}

// metrics is Metrics for a number of ranks.
func metrics(outcomes []Outcome, ourRanks, theirRanks int) map[string]float64 {
	m := map[string]float64{"bugs": float64(len(outcomes))}
	attempted, refused, errors, platform := 0, 0, 0, 0
	counted := counting(outcomes)
	for _, o := range counted {
		if len(o.Verdicts()) > 0 {
			attempted++
		}
		if o.Refused != "" {
			refused++
		}
		switch hidden(ours(o)) {
		case "":
		case onOtherPlatform:
			platform++
		default:
			errors++
		}
	}
	m["platform"] = float64(platform)
	unsound := 0
	for _, o := range outcomes {
		if o.Unsound != "" {
			unsound++
		}
	}
	m["unsound"], m["unrecorded"] = float64(unsound), float64(len(outcomes)-unsound-len(counted))
	m["attempted"], m["refused"], m["errors"] = float64(attempted), float64(refused), float64(errors)

	passes := func(of Metric, outcomes []Outcome, side verdicts, ranks int) {
		for _, of.K = range ladder(ranks) {
			p := passAt(outcomes, side, of.K)
			if p.Total > 0 {
				m[of.As("pass").String()] = p.Share()
			}
			m[of.As("fixed").String()], m[of.As("judged").String()] = float64(p.Successes), float64(p.Total)
		}
	}
	passes(Metric{}, counted, ours, ourRanks)
	if theirs := published(outcomes); len(theirs) > 0 {
		m[publishedPrefix+"bugs"] = float64(len(theirs))
		passes(Metric{Published: true}, theirs, others, theirRanks)
	}
	for _, name := range []string{"exact_match@1", "compile_rate"} {
		if p, ok := Share(outcomes, name); ok {
			m[name] = p.Share()
		}
	}
	return m
}

// Share returns the counts of a metric that is a share: pass@k, published.pass@k, exact_match@1 and compile_rate. It
// returns false for other metrics, for k beyond the trial's ranks and if the denominator is 0.
func Share(outcomes []Outcome, metric string) (Proportion, bool) {
	m, err := ParseMetric(metric)
	if err != nil {
		return Proportion{}, false
	}
	side := ours
	most, theirs := depth(outcomes)
	if m.Published {
		side, outcomes, most = others, published(outcomes), theirs
	} else {
		outcomes = counting(outcomes)
	}
	var p Proportion
	switch {
	case m.Name == "pass" && m.K <= most:
		p = passAt(outcomes, side, m.K)
	case m.Name == "exact_match":
		p = exactMatches(outcomes)
	case m.Name == "compile_rate":
		p = compiling(outcomes)
	}
	return p, p.Total > 0
}

// verdicts returns the verdicts of one judge.
type verdicts func(Outcome) []string

// onOtherPlatform takes the place of our verdict on a candidate that may pass on another platform.
const onOtherPlatform = "platform"

func ours(o Outcome) []string {
	list := o.Verdicts()
	for rank, v := range list {
		if o.Candidates[rank].Reason == ReasonPlatform && decide(v) == fail {
			list[rank] = onOtherPlatform
		}
	}
	return list
}

// others returns the published verdicts on all candidates: a candidate without one is undecided, not missing.
func others(o Outcome) []string {
	list := make([]string, len(o.Candidates))
	for rank, c := range o.Candidates {
		list[rank] = c.Published
	}
	return list
}

// counting returns the outcomes that count: of sound bugs for which something was recorded. Published verdicts do not
// depend on that.
func counting(outcomes []Outcome) []Outcome {
	return slices.DeleteFunc(slices.Clone(outcomes), func(o Outcome) bool { return o.Unsound != "" || o.Unrecorded })
}

// published returns the outcomes with published verdicts.
func published(outcomes []Outcome) []Outcome {
	var with []Outcome
	for _, o := range outcomes {
		if len(o.Published()) > 0 {
			with = append(with, o)
		}
	}
	return with
}

// ranks returns the number of ranks of the trial, or 1 if it has bugs but no candidate, since pass@1 is then 0.
func ranks(outcomes []Outcome, side verdicts) int {
	most := min(len(outcomes), 1)
	for _, o := range outcomes {
		most = max(most, len(side(o)))
	}
	return most
}

// ladder lists the k of pass@k for a number of ranks.
func ladder(ranks int) []int {
	var ks []int
	for _, k := range []int{1, 5} {
		if k < ranks {
			ks = append(ks, k)
		}
	}
	for tens := 10; tens < ranks; tens *= 10 {
		for _, factor := range []int{1, 2, 5} {
			if k := tens * factor; k < ranks {
				ks = append(ks, k)
			}
		}
	}
	if ranks > 0 {
		ks = append(ks, ranks)
	}
	return ks
}

// decision is the meaning of a verdict for its candidate.
type decision int

const (
	open decision = iota // nothing: an error of the judge, another platform's candidate, no verdict, or an unknown word
	pass
	fail
)

func decide(verdict string) decision {
	switch verdict {
	case Passed, Plausible:
		return pass
	case Failed, Wrong, Uncompilable, Timeout, Crashed, Flaky:
		return fail
	}
	return open
}

// passAt counts the bugs that pass among their first k candidates, out of the decided ones.
func passAt(outcomes []Outcome, side verdicts, k int) Proportion {
	var p Proportion
	for _, o := range outcomes {
		list := side(o)
		passed, undecided := false, false
		for _, v := range list[:min(k, len(list))] {
			switch decide(v) {
			case pass:
				passed = true
			case open:
				undecided = true
			}
		}
		if passed {
			p.Successes++
		}
		if passed || !undecided {
			p.Total++
		}
	}
	return p
}

// hidden returns the first verdict that may hide a pass, since it comes before the first one and decides nothing; "" if
// there is none. Errors of the harness come before candidates of other platforms, since another try may help.
func hidden(list []string) (by string) {
	for _, v := range list {
		switch decide(v) {
		case pass:
			return by
		case open:
			if v != onOtherPlatform {
				return Error
			}
			by = v
		}
	}
	return by
}

// exactMatches counts bugs whose first candidate is the reference fix. A bug without candidates does not match; a bug
// whose match was not recorded, or whose first candidate does not fit this copy of the program, is left out.
func exactMatches(outcomes []Outcome) Proportion {
	var p Proportion
	known := false
	for _, o := range outcomes {
		switch {
		case len(o.Candidates) > 0 && o.Candidates[0].Reason == ReasonUnplaced:
		case len(o.Candidates) > 0 && o.Candidates[0].ExactMatch != nil:
			known = true
			p.Total++
			if *o.Candidates[0].ExactMatch {
				p.Successes++
			}
		case len(o.Verdicts()) == 0:
			p.Total++
		}
	}
	if !known {
		return Proportion{}
	}
	return p
}

// compiling counts candidates that compile, out of the decided ones.
func compiling(outcomes []Outcome) Proportion {
	var p Proportion
	for _, o := range outcomes {
		for _, v := range ours(o) {
			if decide(v) == open {
				continue
			}
			p.Total++
			if v != Uncompilable {
				p.Successes++
			}
		}
	}
	return p
}

package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"harness/core/score"
)

// Compare is a report that puts our verdicts beside published ones. Of each table in specs it keeps the metrics that
// can be had from both, shares with their intervals; where no table has any, there is one of pass@k. Tables of the
// agreements follow, and the disagreements that nothing explains.
//
// Trials without published verdicts are left out.
func Compare(name, title string, specs []TableSpec, trials []score.Trial, agreements []score.Agreement, notes []string) (*Report, error) {
	recorded := slices.DeleteFunc(slices.Clone(trials), func(t score.Trial) bool {
		return !slices.ContainsFunc(t.Outcomes, func(o score.Outcome) bool { return len(o.Published()) > 0 })
	})
	if len(recorded) == 0 {
		return Build(name, title, nil, nil, append(notes, "no finished trial has published verdicts: there is nothing to compare"))
	}
	r, err := Build(name, title, withPublished(specs, recorded), recorded, notes)
	if err != nil {
		return nil, err
	}
	r.Agreements = agreements
	if len(agreements) == 0 {
		r.Notes = append(r.Notes, "no candidate has both a published verdict and one of ours")
		return r, nil
	}
	r.Tables = append(r.Tables, agreementTable(agreements), classTable(agreements))
	if t := unexplained(agreements); len(t.Rows) > 0 {
		r.Tables = append(r.Tables, t)
	}
	for _, a := range agreements {
		for _, missing := range []struct {
			n   int
			why string
		}{
			{a.Errors, "(the harness failed)"},
			{a.Unsound, "(their bugs are unsound here)"},
			{a.Unplaced, "(the patch does not apply)"},
		} {
			if missing.n > 0 {
				r.Notes = append(r.Notes, clean(fmt.Sprintf("%s: %d of %d candidates with a published verdict have no verdict of ours %s and are not counted", a.Benchmark, missing.n, a.Candidates+a.Unjudged(), missing.why)))
			}
		}
	}
	return r, nil
}

// withPublished turns tables into such that show every metric beside its published counterpart.
func withPublished(specs []TableSpec, trials []score.Trial) []TableSpec {
	var both []TableSpec
	for _, spec := range specs {
		spec.Interval = true
		spec.Values = pairMetrics(spec.Values)
		if len(spec.Values) > 0 {
			both = append(both, spec)
		}
	}
	if len(both) > 0 {
		return both
	}
	most := 1
	for _, t := range trials {
		for _, o := range t.Outcomes {
			most = max(most, len(o.Published()))
		}
	}
	spec := TableSpec{Name: "published", Title: "Our verdicts beside the published ones", Interval: true, Values: pairMetrics([]string{"pass@1", fmt.Sprintf("pass@%d", most)})}
	for _, label := range []string{"model", "adapter", "prompt"} {
		if _, ok := trials[0].Labels[label]; ok {
			spec.Rows = append(spec.Rows, label)
		}
	}
	spec.Rows = append(spec.Rows, "benchmark")
	return []TableSpec{spec}
}

// pairMetrics lists the metrics of pass@k, ours and the published ones. fixed@k is pass@k without an interval.
func pairMetrics(values []string) []string {
	var both []string
	for _, v := range values {
		m, err := score.ParseMetric(v)
		if err != nil || m.Name != "pass" && m.Name != "fixed" {
			continue
		}
		ours := score.Metric{Name: "pass", K: m.K}
		if theirs, ok := ours.Counterpart(); ok && !slices.Contains(both, ours.String()) {
			both = append(both, ours.String(), theirs.String())
		}
	}
	return both
}

// agreementTable counts by benchmark and trial. "all" stands for a benchmark's trials together. The outcome is whether a
// candidate passes, the verdict also how it fails.
func agreementTable(agreements []score.Agreement) Table {
	t := plainTable("agreement", "Agreement with the published verdicts", 2,
		"benchmark", "trial", "candidates", "left out", "compared", "same outcome", "same verdict")
	row := func(benchmark, trial string, n score.Tally) {
		share := func(k int) string {
			if n.Compared() == 0 {
				return Missing
			}
			return fmt.Sprintf("%s %% (%d/%d)", shareOf(k, n.Compared()), k, n.Compared())
		}
		t.Rows = append(t.Rows, cleanAll([]string{benchmark, trial, fmt.Sprint(n.Candidates), fmt.Sprint(n.Void), fmt.Sprint(n.Compared()), share(n.SamePass), share(n.SameVerdict)}))
	}
	for _, a := range agreements {
		for _, trial := range a.Trials {
			row(a.Benchmark, within(trial.Labels), trial.Tally)
		}
		row(a.Benchmark, "all", a.Tally)
	}
	return t
}

// shareOf returns k of n in percent with one decimal, or with as many as it takes that 100 % means all and 0 % none.
func shareOf(k, n int) string {
	for digits := 1; ; digits++ {
		text := func(share float64) string { return strconv.FormatFloat(100*share, 'f', digits, 64) }
		share := text(float64(k) / float64(n))
		if (k == n || share != text(1)) && (k == 0 || share != text(0)) {
			return share
		}
	}
}

// meanings describes the classes of disagreements in a few words; see package score.
var meanings = map[string]string{
	score.ClassStated:        "left out: the study declares the published verdicts void",
	score.ClassRace:          "left out: published at a rank that almost never passes",
	score.ClassVoid:          "left out: for a bug whose published verdicts are meaningless",
	score.ClassContradiction: "published twice for one program, once with our verdict",
	score.ClassSignature:     "the tests do not compile against the program",
	score.ClassPlatform:      "this platform lacks something that the program needs",
	score.ClassTimeLimit:     "one judge stopped at a limit, or would have on a slower machine",
	score.ClassMemory:        "out of memory or stack in our judge, a pass in the other",
	score.ClassUnexplained:   "no known explanation",
}

// classTable counts disagreements by class: those about the outcome (whether the candidate passes), and all.
func classTable(agreements []score.Agreement) Table {
	t := Table{
		Name: "disagreements", Title: "Disagreements by class", Values: []string{}, LabelColumns: 2,
		Header: [][]string{{"", ""}, {"class", "meaning"}}, Columns: []string{"class", "meaning"}, Rows: [][]string{},
	}
	add := func(benchmark, name string) {
		t.Header[0] = append(t.Header[0], clean(benchmark))
		t.Header[1] = append(t.Header[1], name)
		t.Columns = append(t.Columns, clean(benchmark+" / "+name))
	}
	left := false
	for _, a := range agreements {
		left = left || a.Void > 0
	}
	for _, a := range agreements {
		if left {
			add(a.Benchmark, "left out")
		}
		add(a.Benchmark, "outcome")
		add(a.Benchmark, "verdict")
	}
	for _, class := range score.Classes() {
		row, empty := []string{class, meanings[class]}, true
		for _, a := range agreements {
			all, pass := a.Disagreeing(class)
			void, isVoid := a.VoidBy[class]
			if left {
				cell := ""
				if isVoid {
					cell = fmt.Sprint(void)
				}
				row = append(row, cell)
			}
			row = append(row, fmt.Sprint(pass), fmt.Sprint(all))
			empty = empty && all == 0 && void == 0
		}
		if !empty {
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		t.Rows = append(t.Rows, append([]string{"none", ""}, make([]string, len(t.Columns)-2)...))
	}
	return t
}

// unexplained counts the unexplained disagreements by bug and verdicts, with the first such candidate. The JSON form lists
// all.
func unexplained(agreements []score.Agreement) Table {
	t := plainTable("unexplained", "Unexplained disagreements", 7,
		"benchmark", "bug", "published", "ours", "first: trial", "rank from 0", "our judge's explanation", "candidates")
	for _, a := range agreements {
		type kind struct{ bug, published, ours string }
		counts, first, kinds := map[kind]int{}, map[kind]score.Disagreement{}, []kind{}
		for _, d := range a.Disagreements {
			if d.Class != score.ClassUnexplained {
				continue
			}
			k := kind{d.Bug, d.Published, d.Ours}
			if counts[k]++; counts[k] == 1 {
				first[k], kinds = d, append(kinds, k)
			}
		}
		slices.SortStableFunc(kinds, func(a, b kind) int { return strings.Compare(a.bug, b.bug) })
		for _, k := range kinds {
			d := first[k]
			t.Rows = append(t.Rows, cleanAll([]string{a.Benchmark, k.bug, k.published, k.ours, within(d.Labels), fmt.Sprint(d.Rank), short(d.Detail), fmt.Sprint(counts[k])}))
		}
	}
	return t
}

// within names a trial within a benchmark.
func within(labels map[string]string) string {
	var values []string
	for _, part := range strings.Split(score.Trial{Labels: labels}.String(), ", ") {
		if name, value, ok := strings.Cut(part, "="); ok && name != "benchmark" {
			values = append(values, value)
		}
	}
	return strings.Join(values, " ")
}

// short cuts an explanation to the size of a cell; the JSON form has the whole text.
func short(text string) string {
	const most = 90
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func plainTable(name, title string, labels int, columns ...string) Table {
	return Table{Name: name, Title: title, Values: []string{}, LabelColumns: labels, Header: [][]string{columns}, Columns: columns, Rows: [][]string{}}
}

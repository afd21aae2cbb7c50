package reports

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"harness/core/score"
)

// Missing is the text of a cell without a trial or metric.
const Missing = "–"

// TableSpec specifies one table.
type TableSpec struct {
	Name  string
	Title string // Name if empty
	// Rows and Columns are label names, outermost first. Trials that differ in no label of either would share a cell,
	// which is an error. Names such as "bug.class" are labels of bugs, by which every trial's bugs are divided among cells.
	Rows, Columns []string
	// Values are metric names. Several become sub-columns of each column.
	Values []string
	// Interval adds the 95 % Wilson interval to cells that are shares with counts.
	Interval bool
}

// Report holds the results of a study for Write.
type Report struct {
	Study  string        `json:"study"` // its name
	Title  string        `json:"title"`
	Tables []Table       `json:"tables"`
	Trials []score.Trial `json:"trials"`
	// Agreements with published verdicts, in reports of [Compare].
	Agreements []score.Agreement `json:"agreements,omitempty"`
	// Notes qualify the tables: unfinished trials, errors, findings about verdicts.
	Notes []string `json:"notes"`
}

// Table is a pivoted table of text cells. Header levels, columns and rows are all as wide as Columns.
type Table struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Values []string `json:"values"`
	// LabelColumns of the columns, from the left, hold row labels; the others hold cells.
	LabelColumns int        `json:"label_columns"`
	Header       [][]string `json:"header"`
	Columns      []string   `json:"columns"`
	Rows         [][]string `json:"rows"`
}

// Heading returns the title, with the value if there is only one and the columns do not name it.
func (t Table) Heading() string {
	if len(t.Values) != 1 || slices.Contains(t.Columns, t.Values[0]) || strings.Contains(t.Title, t.Values[0]) {
		return t.Title
	}
	return t.Title + " – " + t.Values[0]
}

// Build pivots trials into tables. Rows and columns are in the order in which their labels first appear in trials, and
// only combinations of existing trials are shown. Notes are kept in order; Build adds notes about the tables, such as a
// metric that no trial has, or one that is not a finite number.
//
// All mistakes in specs are reported together.
func Build(name, title string, specs []TableSpec, trials []score.Trial, notes []string) (*Report, error) {
	labels := make([]map[string]string, len(trials))
	for i, t := range trials {
		labels[i] = t.Labels
	}
	if err := Check(specs, labels); err != nil {
		return nil, err
	}
	r := &Report{
		Study:  clean(name),
		Title:  clean(title),
		Tables: []Table{},
		Trials: []score.Trial{},
		Notes:  []string{},
	}
	for _, n := range notes {
		r.Notes = append(r.Notes, clean(n))
	}
	for _, t := range trials {
		finite, odd := tidy(t)
		r.Trials = append(r.Trials, finite)
		for _, metric := range odd {
			r.Notes = append(r.Notes, clean(fmt.Sprintf("%s: %s is %v", t, metric, t.Metrics[metric])))
		}
	}
	for _, spec := range specs {
		parts := divide(spec, trials)
		r.Tables = append(r.Tables, pivot(spec, parts))
		r.Notes = append(r.Notes, unknownBugLabels(spec, trials)...)
		for _, v := range spec.Values {
			if len(parts) > 0 && !slices.ContainsFunc(parts, func(t score.Trial) bool { _, ok := t.Metrics[v]; return ok }) {
				r.Notes = append(r.Notes, clean(fmt.Sprintf("table %s: no trial has a metric %q", spec.Name, v)))
			}
		}
	}
	return r, nil
}

// Check finds the mistakes for which [Build] refuses specs, from the labels of the trials alone, so that they are found
// before any work is done.
func Check(specs []TableSpec, trials []map[string]string) error {
	var problems []error
	for _, spec := range specs {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("table %q: "+format, append([]any{spec.Name}, args...)...))
		}
		if len(spec.Values) == 0 {
			problem("no values: name at least one metric, such as \"pass@1\"")
		}
		axes := slices.Concat(spec.Rows, spec.Columns)
		for i, label := range axes {
			if slices.Contains(axes[:i], label) {
				problem("label %q is used twice: name it once, in rows or in columns", label)
			}
		}
		axes = slices.DeleteFunc(axes, ofBugs) // which trials need not differ in
		if unknown := unknownLabels(axes, trials); len(unknown) > 0 {
			problem("unknown label %s: the trials have %s", quoted(unknown), quoted(slices.Sorted(maps.Keys(trials[0]))))
			continue
		}
		if a, b, shared := clash(axes, trials); shared {
			first := score.Trial{Labels: trials[a]}
			if maps.Equal(trials[a], trials[b]) {
				problem("the trial %s is given twice", first)
				continue
			}
			problem("the trials %s and %s share a cell: put %s into rows or columns", first, score.Trial{Labels: trials[b]}, quoted(differing(trials[a], trials[b])))
		}
	}
	return errors.Join(problems...)
}

// ofBugs says whether an axis is a label of bugs.
func ofBugs(axis string) bool { return strings.HasPrefix(axis, score.BugLabel) }

// bugLabels are the labels of bugs that a table goes by, without their prefix.
func bugLabels(spec TableSpec) []string {
	var names []string
	for _, axis := range slices.Concat(spec.Rows, spec.Columns) {
		if name, ok := strings.CutPrefix(axis, score.BugLabel); ok {
			names = append(names, name)
		}
	}
	return names
}

// divide gives the trials of a table, or their parts where it goes by labels of bugs.
func divide(spec TableSpec, trials []score.Trial) []score.Trial {
	names := bugLabels(spec)
	if len(names) == 0 {
		return trials
	}
	var parts []score.Trial
	for _, t := range trials {
		for _, part := range t.By(names...) {
			for _, name := range names {
				if part.Labels[score.BugLabel+name] == "" {
					part.Labels[score.BugLabel+name] = Missing
				}
			}
			parts = append(parts, part)
		}
	}
	return parts
}

// unknownBugLabels names labels that no bug has.
func unknownBugLabels(spec TableSpec, trials []score.Trial) []string {
	known := score.BugLabels(trials)
	var notes []string
	for _, name := range bugLabels(spec) {
		if len(trials) > 0 && !slices.Contains(known, name) {
			notes = append(notes, clean(fmt.Sprintf("table %s: no bug has a label %q; there are %s", spec.Name, name, strings.Join(known, ", "))))
		}
	}
	return notes
}

// unknownLabels are those of axes that some trial lacks.
func unknownLabels(axes []string, trials []map[string]string) []string {
	var unknown []string
	for _, label := range axes {
		lacks := func(t map[string]string) bool { _, ok := t[label]; return !ok }
		if slices.ContainsFunc(trials, lacks) && !slices.Contains(unknown, label) {
			unknown = append(unknown, label)
		}
	}
	return unknown
}

// clash finds two trials that fall into one cell.
func clash(axes []string, trials []map[string]string) (a, b int, found bool) {
	for b := range trials {
		for a := range b {
			if slices.Equal(tuple(axes, trials[a]), tuple(axes, trials[b])) {
				return a, b, true
			}
		}
	}
	return 0, 0, false
}

func differing(a, b map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if other, ok := b[name]; !ok || other != a[name] {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(list, ", ")
}

// pivot lays trials out by spec, which Check has accepted.
func pivot(spec TableSpec, trials []score.Trial) Table {
	rows, columns := tuples(spec.Rows, trials), tuples(spec.Columns, trials)
	t := Table{
		Name:         clean(spec.Name),
		Title:        clean(spec.Title),
		Values:       cleanAll(spec.Values),
		LabelColumns: len(spec.Rows),
		Rows:         [][]string{},
	}
	if t.Title == "" {
		t.Title = t.Name
	}
	t.Header, t.Columns = headings(spec, columns)
	for _, row := range rows {
		cells := cleanAll(row)
		for _, column := range columns {
			i := slices.IndexFunc(trials, func(t score.Trial) bool {
				return slices.Equal(tuple(spec.Rows, t.Labels), row) && slices.Equal(tuple(spec.Columns, t.Labels), column)
			})
			for _, value := range spec.Values {
				text := Missing
				if i >= 0 {
					text = cell(trials[i], value, spec.Interval)
				}
				cells = append(cells, text)
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// headings are the columns' headings, by level and joined. Row labels stand at the lowest level, under blanks.
func headings(spec TableSpec, columns [][]string) (levels [][]string, joined []string) {
	// The table's heading names a single value under labelled columns.
	named := len(spec.Values) > 1 || len(spec.Columns) == 0
	depth := len(spec.Columns)
	if named {
		depth++
	}
	levels = make([][]string, depth)
	joined = []string{}
	add := func(path []string) {
		for i := range levels {
			levels[i] = append(levels[i], path[i])
		}
		joined = append(joined, strings.TrimPrefix(strings.Join(path, " / "), strings.Repeat(" / ", depth-1)))
	}
	for _, label := range spec.Rows {
		path := make([]string, depth)
		path[depth-1] = clean(label)
		add(path)
	}
	for _, column := range columns {
		for _, value := range spec.Values {
			path := cleanAll(column)
			if named {
				path = append(path, clean(value))
			}
			add(path)
		}
	}
	return levels, joined
}

// tuples are the combinations of labels that trials have, sorted by the first appearance of each label's values, so that
// what shares an outer label stands together.
func tuples(names []string, trials []score.Trial) [][]string {
	order := make([]map[string]int, len(names))
	for i, name := range names {
		order[i] = map[string]int{}
		for _, t := range trials {
			if _, seen := order[i][t.Labels[name]]; !seen {
				order[i][t.Labels[name]] = len(order[i])
			}
		}
	}
	compare := func(a, b []string) int {
		for i := range names {
			if c := order[i][a[i]] - order[i][b[i]]; c != 0 {
				return c
			}
		}
		return 0
	}
	var list [][]string
	for _, t := range trials {
		list = append(list, tuple(names, t.Labels))
	}
	slices.SortFunc(list, compare)
	return slices.CompactFunc(list, slices.Equal[[]string])
}

func tuple(names []string, labels map[string]string) []string {
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = labels[name]
	}
	return values
}

// tidy copies a trial into a form that JSON can hold, and names the metrics that it cannot.
func tidy(t score.Trial) (tidied score.Trial, odd []string) {
	tidied = score.Trial{Labels: map[string]string{}, Metrics: map[string]float64{}, Outcomes: []score.Outcome{}}
	maps.Copy(tidied.Labels, t.Labels)
	for _, name := range slices.Sorted(maps.Keys(t.Metrics)) {
		if v := t.Metrics[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			odd = append(odd, name)
			continue
		}
		tidied.Metrics[name] = t.Metrics[name]
	}
	tidied.Outcomes = append(tidied.Outcomes, t.Outcomes...)
	tidied.Training = t.Training
	tidied.Judging = t.Judging
	return tidied, odd
}

// clean makes text that came from studies and plugins fit for one line of any format: it must not move a terminal's
// cursor, reverse the direction of writing or start a new line.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func cleanAll(texts []string) []string {
	cleaned := make([]string, len(texts))
	for i, t := range texts {
		cleaned[i] = clean(t)
	}
	return cleaned
}

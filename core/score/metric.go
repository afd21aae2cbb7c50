package score

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Metric names a number of a trial: "pass@10", "published.fixed@1", "validation.loss".
type Metric struct {
	// Name without prefix and rank: "pass", "validation.loss".
	Name string
	// K is the number of candidates of a bug that count, from the first; 0: the metric has no K.
	K int
	// Published: the metric is computed from published verdicts instead of ours.
	Published bool
}

// Kind is the kind of a metric's number, which decides its format.
type Kind int

// The kinds of metrics.
const (
	Number Kind = iota
	Count       // of bugs, parameters, epochs
	Ratio       // a share of something, within [0,1]
	Loss
)

// definition describes the metrics of a name.
type definition struct {
	name      string
	kind      Kind
	ranked    bool // has a K
	onlyFirst bool // K is always 1
	published bool // exists for published verdicts, too
	training  bool // of the trial as a whole, not of its bugs
	what      string
}

func definitions() []definition {
	return []definition{
		{name: "pass", kind: Ratio, ranked: true, published: true, what: "share of judged bugs with a passing candidate among the first N"},
		{name: "fixed", kind: Count, ranked: true, published: true, what: "number of such bugs"},
		{name: "judged", kind: Count, ranked: true, published: true, what: "denominator of pass@N"},
		{name: "exact_match", kind: Ratio, ranked: true, onlyFirst: true, what: "share of bugs whose first candidate is the reference fix"},
		{name: "compile_rate", kind: Ratio, what: "share of judged candidates that compile"},
		{name: "bugs", kind: Count, published: true, what: "bugs in the trial"},
		{name: "attempted", kind: Count, what: "bugs with a candidate"},
		{name: "refused", kind: Count, what: "bugs that the model was not asked about"},
		{name: "unsound", kind: Count, what: "bugs whose own versions fail the judge's check"},
		{name: "unrecorded", kind: Count, what: "bugs for which a recording has nothing"},
		{name: "errors", kind: Count, what: "bugs whose first pass an error of the harness may hide"},
		{name: "platform", kind: Count, what: "bugs whose first pass may be hidden, since the judge's platform lacks what a candidate needs"},
		{name: "validation.loss", kind: Loss, training: true, what: "loss on the validation split after the chosen epoch"},
		{name: "validation.exact_match", kind: Ratio, training: true, what: "share of validation examples whose every token greedy decoding gets right"},
		{name: "train.loss", kind: Loss, training: true, what: "mean loss of the chosen epoch"},
		{name: "learning_rate", kind: Number, training: true, what: "chosen learning rate"},
		{name: "epochs", kind: Count, training: true, what: "chosen number of epochs"},
		{name: "diverged", kind: Count, training: true, what: "points of the grid whose training diverged"},
		{name: "micro_batch", kind: Count, training: true, what: "examples that were computed at once"},
		{name: "trainable_parameters", kind: Count, training: true, what: "parameters that train"},
		{name: "trainable_share", kind: Ratio, training: true, what: "share of the parameters that train"},
	}
}

// MetricNames lists the names of metrics, with N for a number of candidates.
func MetricNames() []string {
	var names, others []string
	for _, d := range definitions() {
		name := d.name
		switch {
		case d.onlyFirst:
			name += "@1"
		case d.ranked:
			name += "@N"
		}
		names = append(names, name)
		if d.published {
			others = append(others, publishedPrefix+name)
		}
	}
	return append(names, others...)
}

// maxRank bounds K.
const maxRank = 999_999

// ParseMetric reads a metric's name.
func ParseMetric(text string) (Metric, error) {
	name, isPublished := strings.CutPrefix(text, publishedPrefix)
	name, digits, ranked := strings.Cut(name, "@")
	m := Metric{Name: name, Published: isPublished}
	d, ok := m.definition()
	if !ok || ranked != d.ranked || isPublished && !d.published {
		return Metric{}, fmt.Errorf("unknown metric %q", text)
	}
	if !ranked {
		return m, nil
	}
	k, err := strconv.Atoi(digits)
	if err != nil || strconv.Itoa(k) != digits || k < 1 || k > maxRank || d.onlyFirst && k != 1 {
		return Metric{}, fmt.Errorf("unknown metric %q: %q must be a number of candidates", text, digits)
	}
	m.K = k
	return m, nil
}

func (m Metric) definition() (definition, bool) {
	all := definitions()
	i := slices.IndexFunc(all, func(d definition) bool { return d.name == m.Name })
	if i < 0 {
		return definition{}, false
	}
	return all[i], true
}

// String returns the metric's name, for ParseMetric.
func (m Metric) String() string {
	name := m.Name
	if m.Published {
		name = publishedPrefix + name
	}
	if m.K > 0 {
		name += "@" + strconv.Itoa(m.K)
	}
	return name
}

// Kind returns the kind of the metric's number.
func (m Metric) Kind() Kind {
	d, _ := m.definition()
	return d.kind
}

// OfTraining reports whether the metric is one of the trial as a whole, which cannot be divided by labels of bugs.
func (m Metric) OfTraining() bool {
	d, _ := m.definition()
	return d.training
}

// As returns the metric of another name with the same K and verdicts.
func (m Metric) As(name string) Metric {
	m.Name = name
	return m
}

// Counterpart returns the metric of published verdicts; false if there is none.
func (m Metric) Counterpart() (Metric, bool) {
	d, ok := m.definition()
	m.Published = true
	return m, ok && d.published
}

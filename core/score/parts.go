package score

import (
	"maps"
	"slices"
	"strings"
)

// BugLabel is the prefix of the labels of bugs among those of trials: "bug.class".
const BugLabel = "bug."

// By divides a trial by labels of its bugs, named without prefix. It returns a part for each combination of values that
// bugs have, in the order of the values. A part has the outcomes of those bugs, the trial's labels, the values as
// "bug.NAME", and the metrics of [Metrics] for the ranks of the whole trial, but not the metrics of training. A bug
// without a label has the value "".
func (t Trial) By(labels ...string) []Trial {
	groups := map[string][]Outcome{}
	for _, o := range t.Outcomes {
		key := combination(o, labels)
		groups[key] = append(groups[key], o)
	}
	ours, theirs := depth(t.Outcomes)
	var parts []Trial
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		part := Trial{Labels: maps.Clone(t.Labels), Outcomes: groups[key]}
		if part.Labels == nil {
			part.Labels = map[string]string{}
		}
		for _, label := range labels {
			part.Labels[BugLabel+label] = part.Outcomes[0].Labels[label]
		}
		part.Metrics = metrics(part.Outcomes, ours, theirs)
		parts = append(parts, part)
	}
	return parts
}

// combination joins a bug's values of labels. It sorts as the values do.
func combination(o Outcome, labels []string) string {
	values := make([]string, len(labels))
	for i, label := range labels {
		values[i] = o.Labels[label]
	}
	return strings.Join(values, "\x00")
}

// BugLabels returns the names of the labels of bugs, sorted.
func BugLabels(trials []Trial) []string {
	names := map[string]bool{}
	for _, t := range trials {
		for _, o := range t.Outcomes {
			for name := range o.Labels {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

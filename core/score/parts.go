package score

import (
	"maps"
	"slices"
	"strings"
)

// BugLabel is the prefix by which the labels of bugs stand beside those of trials: "bug.class".
const BugLabel = "bug."

// By divides a trial by labels of its bugs, named without prefix. There is a part for each combination of values that
// bugs have, in the order of the values, with those bugs' outcomes, the trial's labels and the values as "bug.NAME", and
// the metrics of [Metrics], for the ranks that the whole trial has. What was measured of the trial as a whole, its
// training, is in no part. A bug without a label has the value "".
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

// combination joins a bug's values of labels so that their order is the order of the values.
func combination(o Outcome, labels []string) string {
	values := make([]string, len(labels))
	for i, label := range labels {
		values[i] = o.Labels[label]
	}
	return strings.Join(values, "\x00")
}

// BugLabels are the names of the labels that bugs in trials have, sorted.
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

package step

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"harness/core/judge"
	pb "harness/core/protocol/harnesspb"
	"harness/core/score"
)

// addLabels adds the labels that follow from a bug's lines, unless the
// benchmark sends its own: it may know of a fix that touches more than the file
// shows. The names are documented in bug.proto. Where the lines are not known,
// as of some unsound bugs, nothing follows.
func addLabels(r *pb.BugRecord) {
	b := r.Bug
	if len(b.Hunks) == 0 {
		return
	}
	if b.Labels == nil {
		b.Labels = map[string]string{}
	}
	add := func(name, value string) {
		if b.Labels[name] == "" {
			b.Labels[name] = value
		}
	}
	const single, multiple = "single", "multiple"
	oneHunk, oneLine, functions := multiple, multiple, "other"
	if len(b.Hunks) == 1 {
		oneHunk = single
		if b.Hunks[0].End-b.Hunks[0].Start <= 1 && len(judge.SplitLines(r.Fixes[0])) <= 1 {
			oneLine = single
		}
	}
	if b.Function != nil {
		functions = single
	}
	add("hunks", oneHunk)
	add("lines", oneLine)
	add("functions", functions)
}

// ChoiceError is a mistake in what a study wants of a benchmark's bugs. Path
// leads to it within the benchmark's block: "bugs", "2" or "where", "class".
type ChoiceError struct {
	Path            []string
	Summary, Detail string
}

func (e *ChoiceError) Error() string { return e.Detail }

// Choose gives the bugs that are wanted, in their order. All that is wrong with
// the wish is a *ChoiceError within the error.
func (w Bugs) Choose(all []*pb.BugRecord) ([]*pb.BugRecord, error) {
	if err := errors.Join(w.checkIDs(all), w.checkWhere(all)); err != nil {
		return nil, err
	}
	var chosen []*pb.BugRecord
	for _, r := range all {
		if w.wants(r) {
			chosen = append(chosen, r)
		}
	}
	if len(Judgeable(chosen)) == 0 {
		if len(chosen) > 0 && len(w.IDs) > 0 {
			var unsound score.Reasons
			for _, r := range chosen {
				unsound.Add(r.Bug.Id, r.Unsound)
			}
			return nil, &ChoiceError{Path: []string{"bugs"}, Summary: "No bug can be judged",
				Detail: fmt.Sprintf("The benchmark calls all bugs that are chosen unsound: %s.", &unsound)}
		}
		return nil, &ChoiceError{Path: []string{"where"}, Summary: "No bug is left",
			Detail: "Each of the conditions fits some bug of the benchmark, but no bug fits all of them."}
	}
	return chosen, nil
}

// wants says whether a bug is chosen. An unsound bug whose label is not known might
// have the wanted one: it is chosen, so that it is named.
func (w Bugs) wants(r *pb.BugRecord) bool {
	if len(w.IDs) > 0 && !slices.Contains(w.IDs, r.Bug.Id) {
		return false
	}
	for label, values := range w.Where {
		value, known := r.Bug.Labels[label]
		if (known || r.Unsound == "") && !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

func (w Bugs) checkIDs(all []*pb.BugRecord) error {
	var errs []error
	for i, id := range w.IDs {
		if !slices.ContainsFunc(all, func(r *pb.BugRecord) bool { return r.Bug.Id == id }) {
			errs = append(errs, &ChoiceError{Path: []string{"bugs", fmt.Sprint(i)}, Summary: "Unknown bug",
				Detail: fmt.Sprintf("The benchmark has no bug %q. It has %s.", id, some(ids(all)))})
		}
	}
	return errors.Join(errs...)
}

func (w Bugs) checkWhere(all []*pb.BugRecord) error {
	labels := labelsOf(all)
	var errs []error
	for _, label := range slices.Sorted(maps.Keys(w.Where)) {
		if labels[label] == nil {
			errs = append(errs, &ChoiceError{Path: []string{"where", label}, Summary: "Unknown label of bugs",
				Detail: fmt.Sprintf("No bug of the benchmark has a label %q. There are %s.", label, some(slices.Sorted(maps.Keys(labels))))})
			continue
		}
		for _, value := range w.Where[label] {
			if !slices.Contains(labels[label], value) {
				errs = append(errs, &ChoiceError{Path: []string{"where", label}, Summary: "No bug has this label",
					Detail: fmt.Sprintf("No bug of the benchmark has %s = %q. There are %s.", label, value, some(labels[label]))})
			}
		}
	}
	return errors.Join(errs...)
}

// labelsOf are the labels that bugs have, each with its values, sorted.
func labelsOf(all []*pb.BugRecord) map[string][]string {
	labels := map[string][]string{}
	for _, r := range all {
		for label, value := range r.Bug.Labels {
			if !slices.Contains(labels[label], value) {
				labels[label] = append(labels[label], value)
			}
		}
	}
	for _, values := range labels {
		slices.Sort(values)
	}
	return labels
}

func ids(all []*pb.BugRecord) []string {
	var names []string
	for _, r := range all {
		names = append(names, r.Bug.Id)
	}
	return names
}

// some lists words, not too many.
func some(words []string) string {
	const most = 20
	if len(words) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return strings.Join(words, ", ")
}

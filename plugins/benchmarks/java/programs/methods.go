package programs

import (
	"slices"
	"strings"

	"harness/core/sdk/benchmark"
	"harness/core/sdk/javasource"
)

// Methods returns the methods of a Java file that a fix changes, in the order of its
// hunks; fixed is the file with them applied. A hunk within methods changes the
// innermost one; another hunk changes the methods that it adds, deletes or overlaps.
// There are none if the fix changes only fields or comments, for example.
func Methods(buggy, fixed string, hunks []Hunk) []*benchmark.Method {
	before, after := javasource.Methods(buggy), javasource.Methods(fixed)
	to, from := counterparts(before, after, hunks)
	var changed []pair
	shift := 0 // of the lines below the hunks so far
	for _, h := range hunks {
		old := javasource.Span{Start: h.Start, End: h.End}
		now := javasource.Span{Start: h.Start + shift, End: h.Start + shift + len(rawLines(h.Fix))}
		shift = now.End - old.End
		was, within := touched(before, old)
		is, stillWithin := touched(after, now)
		if within && stillWithin && to[was[0]] == nowhere && from[is[0]] == nowhere { // the method is rewritten
			changed = append(changed, pair{was[0], is[0]})
			continue
		}
		for _, m := range was {
			changed = append(changed, pair{m, to[m]})
		}
		for _, m := range is {
			changed = append(changed, pair{from[m], m})
		}
	}
	var methods []*benchmark.Method
	was, is := rawLines(buggy), rawLines(fixed)
	for i, p := range changed {
		m := &benchmark.Method{Buggy: textOf(was, p.buggy), Fixed: textOf(is, p.correct)}
		if !slices.Contains(changed[:i], p) && bare(m.Buggy) != bare(m.Fixed) {
			methods = append(methods, m)
		}
	}
	return methods
}

// touched returns the methods that a run of lines changes: the innermost one around it,
// or else the outermost ones that share lines with it.
func touched(methods []javasource.Span, run javasource.Span) (found []javasource.Span, within bool) {
	for _, m := range methods { // outer ones come before inner ones
		switch {
		case m.Contains(run):
			found, within = []javasource.Span{m}, true
		case !within && max(m.Start, run.Start) < min(m.End, run.End):
			if n := len(found); n == 0 || !found[n-1].Contains(m) {
				found = append(found, m)
			}
		}
	}
	return found, within
}

// nowhere is the counterpart of a method without one.
var nowhere javasource.Span

// counterparts maps the methods of a buggy text to those of the fixed one that begin or
// end with the same line, and back.
func counterparts(before, after []javasource.Span, hunks []Hunk) (to, from map[javasource.Span]javasource.Span) {
	starts, ends := map[int]javasource.Span{}, map[int]javasource.Span{}
	for _, m := range after {
		starts[m.Start], ends[m.End-1] = m, m
	}
	to, from = map[javasource.Span]javasource.Span{}, map[javasource.Span]javasource.Span{}
	for _, m := range before {
		other, found := starts[moved(m.Start, hunks)]
		if !found {
			other, found = ends[moved(m.End-1, hunks)]
		}
		if !found {
			continue
		}
		to[m] = other
		if from[other] == nowhere {
			from[other] = m
		}
	}
	return to, from
}

// moved returns the number of a line of the buggy text in the fixed one, or 0 if it is
// replaced.
func moved(line int, hunks []Hunk) int {
	now := line
	for _, h := range hunks {
		switch {
		case h.End <= line:
			now += len(rawLines(h.Fix)) - (h.End - h.Start)
		case h.Start <= line:
			return 0
		}
	}
	return now
}

// textOf returns the lines of a span, or "" for nowhere.
func textOf(lines []string, span javasource.Span) string {
	if span == nowhere {
		return ""
	}
	return strings.Join(lines[span.Start-1:span.End-1], "")
}

// bare returns a text's code without white space.
func bare(text string) string { return strings.Join(strings.Fields(javasource.Code(text)), "") }

package java

import (
	"strings"

	"harness/core/sdk/model"
)

// Parts is the method of a training pair as prompts show it, with the fixed
// lines.
type Parts struct {
	Before, Buggy, After, Fixed string
}

// OfPair cleans a training pair exactly as Find cleans a bug's method, so that
// a model sees the same format in training and in inference.
func OfPair(p *model.Pair) Parts {
	before, buggy, fixed := lines(p.GetBefore()), lines(p.GetBuggy()), lines(p.GetFixed())
	m := &Method{
		function: &model.Span{Start: 1, End: int32(before + buggy + lines(p.GetAfter()) + 1)},
		hunk:     &model.Span{Start: int32(before + 1), End: int32(before + buggy + 1)},
	}
	m.split(Clean(p.GetBefore() + p.GetBuggy() + p.GetAfter()))
	parts := Parts{Before: Text(m.Before), Buggy: Text(m.Buggy), After: Text(m.After)}
	for _, l := range Clean(p.GetBefore() + p.GetFixed() + p.GetAfter()) {
		if l.Number > before && l.Number <= before+fixed {
			parts.Fixed += m.outdent(l) + "\n"
		}
	}
	return parts
}

// lines counts lines; each ends in a newline.
func lines(s string) int { return strings.Count(s, "\n") }

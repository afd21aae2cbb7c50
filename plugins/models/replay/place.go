package main

import (
	"harness/core/sdk/javasource"
	"harness/core/sdk/model"
)

// place returns the lines that an output replaces.
//
// A recording counts lines in its own copy of the benchmark, which is not
// always this one, and of QuixBugs' MERGESORT it gives only the buggy lines.
// So its range counts only as a hint: the method's text, which was recorded as
// the model's input, is looked for in the file, and where that is not to be
// found, because the copies differ in it, the benchmark's own method is taken.
func place(bug *model.Bug, recorded *record) (*model.Span, bool) {
	if recorded != nil {
		var best javasource.Span
		for _, found := range javasource.Find(bug.GetText(), recorded.Input) {
			if best.Start == 0 || distance(found.Start, recorded.Start) < distance(best.Start, recorded.Start) {
				best = found
			}
		}
		if best.Start != 0 {
			return &model.Span{Start: int32(best.Start), End: int32(best.End)}, true
		}
	}
	function := bug.GetFunction()
	return function, function.GetStart() > 0 && function.GetEnd() > function.GetStart()
}

func distance(a, b int) int { return max(a-b, b-a) }

package main

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"harness/plugins/benchmarks/java/programs"
)

// hunk is lines Start … End-1 of the buggy file, counted from 1, and their text in the
// fixed file. Start = End: lines are inserted before line Start.
type hunk = programs.Hunk

// hunksOf returns the hunks that turn the buggy text into the fixed one, in order.
// Like git, it moves a block that fits several positions (a brace among braces) as
// far down as possible.
func hunksOf(buggy, fixed string) []hunk {
	edits := udiff.Lines(buggy, fixed)
	lines := slices.Collect(strings.Lines(buggy))
	number := map[int]int{len(buggy): len(lines) + 1} // of the line that begins at an offset
	for i, offset := 0, 0; i < len(lines); i++ {
		number[offset] = i + 1
		offset += len(lines[i])
	}
	var hunks []hunk
	for _, e := range edits {
		h := hunk{Start: number[e.Start], End: number[e.End], Fix: e.New}
		if n := len(hunks); n > 0 && hunks[n-1].End == h.Start {
			hunks[n-1].End, hunks[n-1].Fix = h.End, hunks[n-1].Fix+h.Fix
			continue
		}
		hunks = append(hunks, h)
	}
	for i := range hunks {
		last := len(lines) + 1
		if i+1 < len(hunks) {
			last = hunks[i+1].Start - 1 // stay apart
		}
		slide(&hunks[i], lines, last)
	}
	return hunks
}

// slide moves a pure insertion or deletion down, to end before line last.
func slide(h *hunk, lines []string, last int) {
	block := slices.Collect(strings.Lines(h.Fix))
	switch {
	case h.Start == h.End:
		for h.Start < last && len(block) > 0 && lines[h.Start-1] == block[0] {
			block = append(block[1:len(block):len(block)], block[0])
			h.Start++
			h.End++
		}
		h.Fix = strings.Join(block, "")
	case len(block) == 0:
		for h.End < last && lines[h.Start-1] == lines[h.End-1] {
			h.Start++
			h.End++
		}
	}
}

package main

import (
	"strings"

	"harness/core/sdk/javasource"
	"harness/core/sdk/model"
)

// target is the part of a program that the candidates of a bug replace. A
// recording counts lines in its own copy of the benchmark, which may differ from
// this one: its line numbers are hints, and the text decides.
type target interface {
	// find returns the target's lines in the bug's program, or the reason why
	// they were not found.
	find(bug *model.Bug) (javasource.Span, string)
	// text is the text that replaces the lines.
	text(output string, cutAfterBrace bool) string
}

// method is a whole method whose text was recorded as the model's input.
type method struct {
	input string
	start int // its first line, according to the recording
}

// find looks for the method's text. If the copies differ in it, find takes the
// benchmark's own method. That also handles QuixBugs' MERGESORT, whose recording
// has only the buggy lines.
func (m method) find(bug *model.Bug) (javasource.Span, string) {
	if found, ok := nearest(bug.GetText(), m.input, m.start); ok {
		return found, ""
	}
	return function{}.find(bug)
}

// text puts a line end before and after the output, as the recording's authors
// did.
func (m method) text(output string, cutAfterBrace bool) string {
	if i := strings.LastIndexByte(output, '}'); cutAfterBrace && i >= 0 {
		output = output[:i+1]
	}
	return "\n" + output + "\n"
}

// function is the benchmark's own method around the bug.
type function struct{}

func (function) find(bug *model.Bug) (javasource.Span, string) {
	f := bug.GetFunction()
	if f.GetStart() < 1 || f.GetEnd() <= f.GetStart() {
		return javasource.Span{}, "neither the recording nor the benchmark says which method is replaced"
	}
	return javasource.Span{Start: int(f.GetStart()), End: int(f.GetEnd())}, ""
}

func (function) text(output string, _ bool) string { return strings.TrimSpace(output) }

// unknownLines is the target of a bug that no file of prompts knows.
type unknownLines struct{}

func (unknownLines) find(*model.Bug) (javasource.Span, string) {
	return javasource.Span{}, "no file of prompts says which lines the candidates replace"
}

func (unknownLines) text(output string, _ bool) string { return output }

// hunk is lines of the program.
type hunk struct {
	lines    javasource.Span // according to the recording
	function int             // first line of the method around them, according to the recording; 0: not known
	shown                    // the method as the prompt showed it
}

// shown is the text of a method, comments aside, cut at the lines that the
// candidates replace; nil: not known.
type shown struct{ before, buggy, after *string }

// find counts from the method's first line. The result is right if the rest of
// the method equals what the model was shown: then the patched program is the
// recorded one, even if the replaced lines differ. Otherwise find looks for the
// buggy lines.
func (h hunk) find(bug *model.Bug) (javasource.Span, string) {
	at, method := h.lines, bug.GetFunction()
	if first := int(method.GetStart()); h.function > 0 && first > 0 {
		at.Start += first - h.function
		at.End += first - h.function
	}
	code := strings.Split(javasource.Code(bug.GetText()), "\n")
	equal := func(from, to int, text *string) bool {
		return text != nil && from <= to && bare(strings.Join(code[from-1:to-1], "\n")) == bare(javasource.Code(*text))
	}
	if at.Start >= 1 && at.End <= len(code)+1 {
		from, to := int(method.GetStart()), int(method.GetEnd())
		around := from >= 1 && to <= len(code)+1 && equal(from, at.Start, h.before) && equal(at.End, to, h.after)
		if around || equal(at.Start, at.End, h.buggy) || h.shown == (shown{}) {
			return at, ""
		}
	}
	if h.buggy != nil {
		if found, ok := nearest(bug.GetText(), *h.buggy, at.Start); ok {
			return found, ""
		}
	}
	return javasource.Span{}, "the lines that the recording replaces are not in this copy of the program"
}

func (hunk) text(output string, _ bool) string { return strings.TrimSpace(output) }

// ended is a target with a line end after the inserted text.
type ended struct{ target }

func (e ended) text(output string, cutAfterBrace bool) string {
	return e.target.text(output, cutAfterBrace) + "\n"
}

// nearest finds the occurrence of a snippet in a program that begins nearest to
// a line. Comments and white space do not count.
func nearest(text, snippet string, line int) (javasource.Span, bool) {
	var best javasource.Span
	for _, found := range javasource.Find(text, snippet) {
		if best.Start == 0 || distance(found.Start, line) < distance(best.Start, line) {
			best = found
		}
	}
	return best, best.Start > 0
}

func distance(a, b int) int { return max(a-b, b-a) }

// bare is a text without its white space.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

package main

import (
	"strings"

	"harness/core/sdk/dataset"
	"harness/core/sdk/javasource"
)

// line is a line of code without comments.
type line struct {
	number int // in the file, from 1
	code   string
}

// fix returns the method in which two versions of a file differ, split at the differing
// lines, or the reason why there is none.
func fix(wrong, right string) (*dataset.Pair, string) {
	a, b := lines(wrong), lines(right)
	start := 0
	for start < min(len(a), len(b)) && same(a[start], b[start]) {
		start++
	}
	below := 0
	for below < min(len(a), len(b))-start && same(a[len(a)-1-below], b[len(b)-1-below]) {
		below++
	}
	removed, added := hunk{a, start, len(a) - below}, hunk{b, start, len(b) - below}
	switch {
	case removed.empty() && added.empty():
		return nil, "differs only in comments and white space"
	case removed.shares(added):
		return nil, "differs in more than one place"
	}
	before, found := removed.method(wrong)
	after, foundAfter := added.method(right)
	switch {
	case !found || !foundAfter:
		return nil, "differs outside a method"
	case before.start != after.start || len(a)-before.end != len(b)-after.end:
		return nil, "differs in where a method begins or ends"
	case start <= before.start+bodyLine(before.code()) || removed.end >= before.end:
		return nil, "differs outside a method's body"
	case strings.Contains(before.code()+after.code(), `"""`):
		return nil, "has a text block" // in which blank lines and indentation count
	}
	indent := sharedIndent(before.lines[before.start:before.end])
	text := func(lines []line) string {
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(strings.TrimPrefix(l.code, indent) + "\n")
		}
		return b.String()
	}
	return &dataset.Pair{
		Before: text(a[before.start:start]), Buggy: text(a[start:removed.end]), After: text(a[removed.end:before.end]),
		Fixed: text(b[start:added.end]),
	}, ""
}

func same(a, b line) bool { return strings.TrimSpace(a.code) == strings.TrimSpace(b.code) }

// hunk is a run of a file's lines.
type hunk struct {
	lines      []line
	start, end int
}

func (h hunk) empty() bool { return h.start == h.end }

// shares reports whether both hunks have a line in common. Since their first lines and
// their last lines differ, the files then differ in more than one place.
func (h hunk) shares(o hunk) bool {
	own := map[string]bool{}
	for _, l := range h.lines[h.start:h.end] {
		own[strings.TrimSpace(l.code)] = true
	}
	for _, l := range o.lines[o.start:o.end] {
		if own[strings.TrimSpace(l.code)] {
			return true
		}
	}
	return false
}

// method returns the innermost method around the hunk, or around both lines beside an
// empty one.
func (h hunk) method(text string) (hunk, bool) {
	first, last := h.start, h.end-1
	if h.empty() {
		first, last = h.start-1, h.start
	}
	if first < 0 || last >= len(h.lines) {
		return hunk{}, false
	}
	span, found := javasource.Innermost(text, javasource.Span{Start: h.lines[first].number, End: h.lines[last].number + 1})
	if !found {
		return hunk{}, false
	}
	m := hunk{lines: h.lines, start: first, end: last + 1}
	for m.start > 0 && m.lines[m.start-1].number >= span.Start {
		m.start--
	}
	for m.end < len(m.lines) && m.lines[m.end].number < span.End {
		m.end++
	}
	return m, true
}

func (h hunk) code() string {
	var b strings.Builder
	for _, l := range h.lines[h.start:h.end] {
		b.WriteString(l.code + "\n")
	}
	return b.String()
}

// bodyLine returns the number of the line, from 0, with the brace that opens a method's
// body. Braces in parentheses belong to an annotation.
func bodyLine(method string) int {
	depth := 0
	for i, c := range javasource.Skeleton(method) {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '{':
			if depth <= 0 {
				return strings.Count(method[:i], "\n")
			}
		}
	}
	return strings.Count(method, "\n")
}

// lines returns the lines of code of a text without comments. A comment between two
// words becomes a blank; a line that begins with a comment keeps its indentation.
func lines(text string) []line {
	var all []line
	number := 1
	var code strings.Builder
	blank, commented := true, false // the line so far; a comment was just removed
	end := func() {
		if !blank {
			all = append(all, line{number, strings.TrimRight(code.String(), " \t\r\f")})
		}
		code.Reset()
		number++
		blank, commented = true, false
	}
	write := func(part string, t javasource.Token) {
		space := t.Kind == javasource.Space
		switch {
		case space && commented && (blank || strings.HasSuffix(code.String(), " ")):
			return // blanks after a comment that begins the line or follows a blank
		case !space && commented && !blank && !strings.HasSuffix(code.String(), " "):
			code.WriteByte(' ')
		}
		code.WriteString(part)
		blank, commented = blank && space, commented && space
	}
	for _, t := range javasource.Lex(text) {
		for i, part := range strings.Split(text[t.Start:t.End], "\n") {
			if i > 0 {
				end()
			}
			if t.Kind == javasource.Comment {
				commented = true
				continue
			}
			if part != "" {
				write(part, t)
			}
		}
	}
	end()
	return all
}

func sharedIndent(lines []line) string {
	shared := ""
	for i, l := range lines {
		own := l.code[:len(l.code)-len(strings.TrimLeft(l.code, " \t"))]
		if i == 0 {
			shared = own
		}
		n := 0
		for n < min(len(shared), len(own)) && shared[n] == own[n] {
			n++
		}
		shared = shared[:n]
	}
	return shared
}

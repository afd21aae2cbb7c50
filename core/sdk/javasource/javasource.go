// Package javasource splits Java text into tokens, separates code from comments, and
// finds methods, for plugins that work with programs which may not compile. It never
// fails: text that is not Java has no methods.
package javasource

import (
	"bytes"
	"sort"
	"strings"
)

// Code returns text with comments blanked: their bytes are spaces, apart from line ends.
// Offsets and line numbers do not change.
func Code(text string) string { return blank(text, false) }

// Skeleton is Code with the contents of string and character literals blanked too, so
// that it has no braces in literals.
func Skeleton(text string) string { return blank(text, true) }

func blank(text string, literals bool) string {
	out := []byte(text)
	for _, t := range Lex(text) {
		from, to := t.Start, t.End
		switch {
		case t.Kind == Comment:
		case literals && (t.Kind == String || t.Kind == Character):
			quotes := 1
			if strings.HasPrefix(t.Text, `"""`) {
				quotes = 3
			}
			from += quotes
			if !t.Open {
				to -= quotes
			}
		default:
			continue
		}
		blankBytes(out[from:to])
	}
	return string(out)
}

func blankBytes(text []byte) {
	for i, c := range text {
		if c != '\n' && c != '\r' {
			text[i] = ' '
		}
	}
}

// Span is lines Start … End-1 of a text, counted from 1.
type Span struct{ Start, End int }

// Contains reports whether s lies within the span. No lines, which is where lines
// are to be added, are between two, and within the span if both of those are.
func (o Span) Contains(s Span) bool {
	if s.Start == s.End {
		return o.Start < s.Start && s.End < o.End
	}
	return o.Start <= s.Start && s.End <= o.End
}

// lineEnds are the offsets of a text's line ends.
type lineEnds []int

func linesOf(text string) lineEnds {
	var ends lineEnds
	for i := range len(text) {
		if text[i] == '\n' {
			ends = append(ends, i)
		}
	}
	return ends
}

// of is the line of an offset, counted from 1.
func (l lineEnds) of(offset int) int { return 1 + sort.SearchInts(l, offset) }

// Find returns the lines at which fragment stands in text, comments and white
// space of both aside: every place where it begins with the first code of a
// line and ends with the last.
func Find(text, fragment string) []Span {
	whole, part := squeeze(text), squeeze(fragment)
	if len(part.code) == 0 {
		return nil
	}
	var found []Span
	for from := 0; ; {
		i := bytes.Index(whole.code[from:], part.code)
		if i < 0 {
			return found
		}
		i += from
		end := i + len(part.code)
		startsLine := i == 0 || whole.line[i-1] < whole.line[i]
		endsLine := end == len(whole.code) || whole.line[end] > whole.line[end-1]
		if startsLine && endsLine {
			found = append(found, Span{whole.line[i], whole.line[end-1] + 1})
		}
		from = i + 1
	}
}

// squeezed is code without white space, with the line of each byte.
type squeezed struct {
	code []byte
	line []int
}

func squeeze(text string) squeezed {
	var s squeezed
	code := Code(text)
	line := 1
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '\n':
			line++
		case ' ', '\t', '\r', '\f':
		default:
			s.code = append(s.code, c)
			s.line = append(s.line, line)
		}
	}
	return s
}

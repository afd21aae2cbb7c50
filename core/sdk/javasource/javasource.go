// Package javasource splits Java text into tokens, separates code from comments, and
// finds methods, for plugins that work with programs which may not compile. It never
// fails: text that is not Java has no methods.
package javasource

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
	"unicode"
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

// Methods returns the lines of all methods and constructors with bodies, in
// the order of their first lines; annotations and modifiers belong to them,
// comments above do not.
func Methods(text string) []Span {
	code := blankArguments(Skeleton(text))
	lines := linesOf(code)
	type level struct {
		start  int // offset of the header's first byte
		method bool
	}
	var open []level
	var found []Span
	header, depth := 0, 0 // depth counts parentheses
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case ';':
			if depth == 0 {
				header = i + 1
			}
		case '{':
			start := header + len(code[header:i]) - len(strings.TrimLeftFunc(code[header:i], unicode.IsSpace))
			open = append(open, level{start, isMethodHeader(code[header:i])})
			header, depth = i+1, 0
		case '}':
			if n := len(open); n > 0 {
				if last := open[n-1]; last.method {
					found = append(found, Span{lines.of(last.start), lines.of(i) + 1})
				}
				open = open[:n-1]
			}
			header, depth = i+1, 0
		}
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].Start != found[j].Start {
			return found[i].Start < found[j].Start
		}
		return found[i].End > found[j].End
	})
	return found
}

// Innermost returns the smallest method that contains all the spans.
func Innermost(text string, spans ...Span) (Span, bool) {
	var best Span
	found := false
	for _, method := range Methods(text) {
		all := true
		for _, s := range spans {
			all = all && method.Contains(s)
		}
		if all && (!found || best.Contains(method)) {
			best, found = method, true
		}
	}
	return best, found
}

var (
	// behindParameters is what may stand between a method's parameters and its body.
	behindParameters = regexp.MustCompile(`\)\s*(?:\[\s*\]\s*)*(?:throws\s[\w\s.,$@<>]+)?$`)
	nameAtEnd        = regexp.MustCompile(`[A-Za-z_$][\w$]*\s*$`)
	lastWord         = regexp.MustCompile(`([A-Za-z_$][\w$]*|[^\s\w])\s*$`)
)

// isMethodHeader judges what stands between the last delimiter and a brace.
func isMethodHeader(header string) bool {
	header = strings.TrimSpace(header)
	end := behindParameters.FindStringIndex(header)
	if end == nil {
		return false
	}
	open := opening(header[:end[0]+1])
	if open < 0 {
		return false
	}
	name := nameAtEnd.FindString(header[:open])
	switch strings.TrimSpace(name) {
	case "", "if", "for", "while", "switch", "catch", "synchronized", "try", "do", "else", "return", "new", "assert", "throw", "super", "this":
		return false
	}
	before := lastWord.FindString(header[:open-len(name)])
	switch strings.TrimSpace(before) {
	case "new", "=", ".", "(", ",", "return", "&", "|", "+", "!", "?", ":", "else", "record", "@":
		return false
	}
	return true
}

// opening is the offset of the parenthesis that the last byte of text closes, or
// -1. Before it may be others, such as an annotation's.
func opening(text string) int {
	depth := 0
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

var annotation = regexp.MustCompile(`@\s*[A-Za-z_$][\w$.]*\s*\(`)

// blankArguments blanks the arguments of annotations in a skeleton, parentheses
// included: they may hold braces, which open no body.
func blankArguments(code string) string {
	out := []byte(code)
	for from := 0; ; {
		at := annotation.FindStringIndex(code[from:])
		if at == nil {
			return string(out)
		}
		open := from + at[1] - 1
		from = open + 1
		depth := 0
		for i := open; i < len(code); i++ {
			switch code[i] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth > 0 {
				continue
			}
			blankBytes(out[open : i+1])
			from = i + 1
			break
		}
	}
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

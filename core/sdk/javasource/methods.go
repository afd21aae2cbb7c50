package javasource

import (
	"regexp"
	"sort"
	"strings"
	"unicode"
)

// Methods returns the lines of all methods and constructors with bodies, in
// the order of their first lines; annotations and modifiers belong to them,
// comments above do not.
func Methods(text string) []Span {
	lines := linesOf(text)
	var found []Span
	for _, b := range bodies(blankArguments(Skeleton(text))) {
		found = append(found, Span{lines.of(b.header), lines.of(b.close) + 1})
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].Start != found[j].Start {
			return found[i].Start < found[j].Start
		}
		return found[i].End > found[j].End
	})
	return found
}

// body is the body of a method or constructor, as offsets.
type body struct {
	header      int // behind the last delimiter, white space aside
	open, close int // the braces
}

// bodies finds the bodies in a skeleton whose annotations have no arguments, in the
// order of their ends.
func bodies(code string) []body {
	type level struct {
		body
		method bool
	}
	var open []level
	var found []body
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
			open = append(open, level{body{header: start, open: i}, isMethodHeader(code[header:i])})
			header, depth = i+1, 0
		case '}':
			if n := len(open); n > 0 {
				if last := open[n-1]; last.method {
					last.close = i
					found = append(found, last.body)
				}
				open = open[:n-1]
			}
			header, depth = i+1, 0
		}
	}
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
	name, at := methodName(header)
	switch name {
	case "", "if", "for", "while", "switch", "catch", "synchronized", "try", "do", "else", "return", "new", "assert", "throw", "super", "this":
		return false
	}
	before := lastWord.FindString(header[:at])
	switch strings.TrimSpace(before) {
	case "new", "=", ".", "(", ",", "return", "&", "|", "+", "!", "?", ":", "else", "record", "@":
		return false
	}
	return true
}

// methodName is the word in front of a header's parameters, with its offset; empty if
// there are no parameters.
func methodName(header string) (name string, at int) {
	header = strings.TrimRightFunc(header, unicode.IsSpace)
	end := behindParameters.FindStringIndex(header)
	if end == nil {
		return "", 0
	}
	open := opening(header[:end[0]+1])
	if open < 0 {
		return "", 0
	}
	name = nameAtEnd.FindString(header[:open])
	return strings.TrimSpace(name), open - len(name)
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
	closing := closings(code)
	out := []byte(code)
	for from := 0; ; {
		at := annotation.FindStringIndex(code[from:])
		if at == nil {
			return string(out)
		}
		open := from + at[1] - 1
		from = open + 1
		if end, ok := closing[open]; ok {
			blankBytes(out[open : end+1])
			from = end + 1
		}
	}
}

// closings are the offsets of the parentheses that close others, by those of the others.
func closings(code string) map[int]int {
	pairs := map[int]int{}
	var open []int
	for i := range len(code) {
		switch n := len(open); {
		case code[i] == '(':
			open = append(open, i)
		case code[i] == ')' && n > 0:
			pairs[open[n-1]] = i
			open = open[:n-1]
		}
	}
	return pairs
}

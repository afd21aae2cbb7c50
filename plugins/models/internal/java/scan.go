package java

import "strings"

// class says what a byte of the text belongs to.
type class byte

const (
	code class = iota
	literal
	comment
)

// classify gives the class of every byte. Quotes and comment marks belong to
// what they enclose. A literal that its line does not end, ends there, except
// a text block; what is never ended reaches to the end.
func classify(text string) []class {
	classes := make([]class, len(text))
	mark := func(from, to int, c class) int {
		for i := from; i < to; i++ {
			classes[i] = c
		}
		return to
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "//"):
			i = mark(i, i+lineEnd(rest), comment)
		case strings.HasPrefix(rest, "/*"):
			i = mark(i, i+after(rest, 2, "*/"), comment)
		case strings.HasPrefix(rest, `"""`):
			i = mark(i, i+textBlockEnd(rest), literal)
		case rest[0] == '"' || rest[0] == '\'':
			i = mark(i, i+quoteEnd(rest), literal)
		default:
			i++
		}
	}
	return classes
}

// lineEnd is the length of the line without its end.
func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

// after is the offset behind the next mark, searched from an offset.
func after(s string, from int, mark string) int {
	if i := strings.Index(s[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(s)
}

func textBlockEnd(s string) int {
	for i := 3; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], `"""`):
			return i + 3
		}
	}
	return len(s)
}

func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i < len(s) && s[i] == '\n' {
				return i
			}
		case '\n':
			return i
		case s[0]:
			return i + 1
		}
	}
	return len(s)
}

// BodyEnd is the offset behind the brace that closes the first open one, or
// false if none does. Braces in literals and comments do not count, nor do
// those inside parentheses before the body, which are an annotation's.
func BodyEnd(text string) (int, bool) {
	classes := classify(text)
	depth, parentheses := 0, 0
	for i := range len(text) {
		if classes[i] != code {
			continue
		}
		switch text[i] {
		case '(':
			parentheses++
		case ')':
			parentheses--
		case '{':
			if depth > 0 || parentheses <= 0 {
				depth++
			}
		case '}':
			if depth == 0 {
				continue
			}
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return 0, false
}

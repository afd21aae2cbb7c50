package java

import (
	"strings"

	"harness/core/sdk/javasource"
)

// class is the kind of text that a byte belongs to.
type class byte

const (
	code class = iota
	literal
	comment
)

// classify returns the class of every byte. Quotes and comment marks have the
// class of the text that they enclose.
func classify(text string) []class {
	classes := make([]class, len(text))
	for _, token := range javasource.Lex(text) {
		kind := code
		switch token.Kind {
		case javasource.Comment:
			kind = comment
		case javasource.String, javasource.Character:
			kind = literal
		}
		for i := token.Start; i < token.End; i++ {
			classes[i] = kind
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

// BodyEnd is the offset after the brace that closes the first open brace, or
// false if there is none. Braces in literals and comments do not count, nor do
// braces inside parentheses before the body, which belong to annotations.
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

package gen

import (
	"strings"
)

// token is a piece of Java source text without the white space around it.
type token struct {
	kind tokenKind
	text string
}

// tokenKind tells the classes of tokens apart that the generator needs.
type tokenKind int

const (
	name    tokenKind = iota // identifier
	keyword                  // reserved word or literal word
	number
	quoted // string or character literal, with its quotes
	sign   // operator or separator
)

var keywords = map[string]bool{
	"boolean": true, "break": true, "byte": true, "case": true, "char": true,
	"continue": true, "default": true, "do": true, "double": true,
	"else": true, "false": true, "final": true, "float": true, "for": true,
	"if": true, "int": true, "long": true, "new": true, "null": true,
	"private": true, "public": true, "return": true, "short": true,
	"static": true, "switch": true, "this": true, "throw": true, "true": true,
	"void": true, "while": true,
}

// Signs of more than one character, longest first.
var signs = []string{
	">>>", "<<=", ">>=", "==", "!=", "<=", ">=", "&&", "||", "++", "--",
	"+=", "-=", "*=", "/=", "%=", "<<", ">>", "->", "::",
}

// lex splits Java text into tokens. It takes any text: what is no token of
// Java becomes a sign of one byte.
func lex(text string) []token {
	var out []token
	for len(text) > 0 {
		size := spaceLen(text)
		if size > 0 {
			text = text[size:]
			continue
		}
		t := lexOne(text)
		out = append(out, t)
		text = text[len(t.text):]
	}
	return out
}

func lexOne(text string) token {
	c := text[0]
	switch {
	case isLetter(c):
		word := text[:runLen(text, func(c byte) bool { return isLetter(c) || isDigit(c) })]
		if keywords[word] {
			return token{keyword, word}
		}
		return token{name, word}
	case isDigit(c):
		return token{number, text[:runLen(text, func(c byte) bool { return isLetter(c) || isDigit(c) })]}
	case c == '"' || c == '\'':
		return token{quoted, text[:quotedLen(text)]}
	}
	for _, s := range signs {
		if strings.HasPrefix(text, s) {
			return token{sign, s}
		}
	}
	return token{sign, text[:1]}
}

// quotedLen is the length of the literal at the start of text, or of all of
// text when the literal does not end.
func quotedLen(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

func spaceLen(text string) int {
	return runLen(text, func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' })
}

func runLen(text string, in func(byte) bool) int {
	n := 0
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}

func isLetter(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// piece is a token with its place in a text.
type piece struct {
	token
	start, end int
}

func pieces(text string) []piece {
	var out []piece
	at := 0
	for _, t := range lex(text) {
		start := at + strings.Index(text[at:], t.text)
		at = start + len(t.text)
		out = append(out, piece{t, start, at})
	}
	return out
}

package study

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Parser and evaluator recurse along the syntax tree, and a stack that overflows cannot be recovered. Brackets nest the
// tree, and so do the operators and indices of one long expression.
const (
	maxDepth  = 200
	maxTokens = 2000 // of an expression, not counting what its brackets hold
)

// unparsable says why a source must not reach the parser, or "". That is also where a number is written that would have
// millions of digits, since any expression may turn it into text.
func unparsable(source []byte, name string) (hcl.Range, string) {
	if at := invalidUTF8(source); at >= 0 {
		return rangeAt(source, name, at), "It holds bytes that are no UTF-8 text. A study is a text file in HCL."
	}
	type bracket struct {
		lines  bool // a line's end ends an expression
		tokens int
	}
	stack := []bracket{{lines: true}}
	tokens, _ := hclsyntax.LexConfig(source, name, hcl.InitialPos) // its mistakes are the parser's to report
	for _, t := range tokens {
		top := &stack[len(stack)-1]
		top.tokens++
		switch t.Type {
		case hclsyntax.TokenOBrace:
			stack = append(stack, bracket{lines: true})
		case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			stack = append(stack, bracket{})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			stack = stack[:max(1, len(stack)-1)]
		case hclsyntax.TokenComma, hclsyntax.TokenStringLit, hclsyntax.TokenQuotedLit, hclsyntax.TokenComment:
			top.tokens = 0
		case hclsyntax.TokenNumberLit:
			if _, err := strconv.ParseFloat(string(t.Bytes), 64); errors.Is(err, strconv.ErrRange) {
				return t.Range, "A number here is beyond 1.8e308, the largest that 64 bits can hold."
			}
			if tinyExponent.Match(t.Bytes) {
				return t.Range, "A number here is closer to 0 than any that 64 bits can hold."
			}
		case hclsyntax.TokenNewline:
			if top.lines {
				top.tokens = 0
			}
		}
		if len(stack) > maxDepth {
			return t.Range, fmt.Sprintf("Brackets nest deeper than %d levels here.", maxDepth)
		}
		if top.tokens > maxTokens {
			return t.Range, fmt.Sprintf("An expression has more than %d parts here. Split it with locals.", maxTokens)
		}
	}
	return hcl.Range{}, ""
}

// tinyExponent matches the end of a number that is 0 in 64 bits whatever its digits.
var tinyExponent = regexp.MustCompile(`[eE]-0*[1-9][0-9]{3,}$`)

func invalidUTF8(source []byte) int {
	for at := 0; at < len(source); {
		r, size := utf8.DecodeRune(source[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// rangeAt is the range of one byte.
func rangeAt(source []byte, name string, at int) hcl.Range {
	pos := hcl.InitialPos
	for _, c := range source[:at] {
		pos.Byte++
		pos.Column++
		if c == '\n' {
			pos.Line++
			pos.Column = 1
		}
	}
	end := pos
	end.Byte++
	end.Column++
	return hcl.Range{Filename: name, Start: pos, End: end}
}

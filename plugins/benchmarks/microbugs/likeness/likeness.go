// Package likeness measures the similarity of two Java methods, regardless of names,
// numbers and layout. With it, tests check that the methods of the benchmark differ from
// each other, from those that models are trained on, and from those of other benchmarks.
package likeness

import (
	"fmt"
	"slices"
	"strings"

	"harness/core/sdk/javasource"
)

// Method is a method without its names, numbers, comments and white space: names
// are counted in the order of their first use, and every number is 0.
type Method struct {
	tokens []string
	count  map[string]int
}

// Of reads a method from any text.
func Of(text string) Method {
	m := Method{count: map[string]int{}}
	names := map[string]string{}
	for _, t := range javasource.Lex(text) {
		if !t.Code() {
			continue
		}
		word := t.Text
		switch {
		case t.Kind == javasource.Number:
			word = "0"
		case t.Kind == javasource.Word && !keyword(word):
			if names[word] == "" {
				names[word] = fmt.Sprint("v", len(names))
			}
			word = names[word]
		}
		m.tokens = append(m.tokens, word)
		m.count[word]++
	}
	return m
}

// Key returns the same text for two methods if and only if they have the same tokens.
func (m Method) Key() string { return strings.Join(m.tokens, " ") }

// Alike returns the likeness of two methods, from 0 to 1: 2·common/(length+length) of
// their tokens, where common is the length of the longest common subsequence. A likeness
// of at most least may be returned as 0, which saves most of the time.
func (m Method) Alike(o Method, least float64) float64 {
	total := float64(len(m.tokens) + len(o.tokens))
	if total == 0 || 2*float64(min(len(m.tokens), len(o.tokens)))/total <= least {
		return 0
	}
	common := 0
	for word, count := range m.count {
		common += min(count, o.count[word])
	}
	if 2*float64(common)/total <= least {
		return 0
	}
	// Longest common subsequence, one row at a time.
	row := make([]int, len(o.tokens)+1)
	for _, word := range m.tokens {
		diagonal := 0
		for j, other := range o.tokens {
			above := row[j+1]
			if word == other {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return 2 * float64(row[len(o.tokens)]) / total
}

func keyword(word string) bool {
	_, found := slices.BinarySearch(keywords, word)
	return found
}

// keywords are the reserved words and literals of Java, sorted.
var keywords = []string{
	"abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue", "default",
	"do", "double", "else", "enum", "extends", "false", "final", "finally", "float", "for", "goto", "if", "implements",
	"import", "instanceof", "int", "interface", "long", "native", "new", "null", "package", "private", "protected",
	"public", "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws",
	"transient", "true", "try", "void", "volatile", "while",
}

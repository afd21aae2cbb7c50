package tokenizer

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// span is s[begin:end], and whether it was matched.
type span struct {
	begin, end int
	match      bool
}

// behavior decides what happens to the matches of a split.
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

func (b behavior) check() error {
	switch b {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
		return nil
	}
	return fmt.Errorf("split behavior %q is not supported", b)
}

// apply turns the spans of a text, in order and without gaps, into its pieces.
// It works in place.
func (b behavior) apply(spans []span) []span {
	switch b {
	case removed:
		return slices.DeleteFunc(spans, func(s span) bool { return s.match })
	case contiguous:
		return joinRuns(spans, func(last, s span) bool { return last.match == s.match })
	case mergedWithPrevious:
		return joinRuns(spans, func(last, s span) bool { return s.match && !last.match })
	case mergedWithNext:
		// The mirror image of the case above: a match after a match stays separate here
		// too.
		mirror(spans)
		spans = mergedWithPrevious.apply(spans)
		mirror(spans)
	}
	return spans
}

// joinRuns joins a span to the piece before it if join returns true for the span and the
// one before.
func joinRuns(spans []span, join func(last, s span) bool) []span {
	out := spans[:0]
	var last span
	for i, s := range spans {
		if i > 0 && join(last, s) {
			out[len(out)-1].end = s.end
		} else {
			out = append(out, s)
		}
		last = s
	}
	return out
}

func mirror(spans []span) {
	slices.Reverse(spans)
	for i, s := range spans {
		spans[i].begin, spans[i].end = -s.end, -s.begin
	}
}

// runes splits s at each single code point of a class.
func runes(s string, has func(rune) bool) []span {
	var out []span
	done := 0
	for i, r := range s {
		if !has(r) {
			continue
		}
		if done < i {
			out = append(out, span{done, i, false})
		}
		done = i + utf8.RuneLen(r)
		out = append(out, span{i, done, true})
	}
	if done < len(s) {
		out = append(out, span{done, len(s), false})
	}
	return out
}

// kind classifies code points as GPT-2's pattern does.
type kind uint8

const (
	other kind = iota
	letter
	number
	space
)

func kindOf(r rune) kind {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

func kindAt(s string, i int) (kind, int) {
	if b := s[i]; b < utf8.RuneSelf {
		switch {
		case 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z':
			return letter, 1
		case '0' <= b && b <= '9':
			return number, 1
		case b == ' ' || '\t' <= b && b <= '\r':
			return space, 1
		}
		return other, 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return kindOf(r), size
}

// gpt2Pattern is the pattern with which ByteLevel splits; gpt2 implements it by hand.
const gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// gpt2 is the end of the match at i. The pattern matches every text without gaps.
func gpt2(s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	k, size := kindAt(s, i)
	if s[i] == ' ' && i+1 < len(s) {
		// A single space belongs to the text after it.
		if next, n := kindAt(s, i+1); next != space {
			k, size = next, 1+n
		}
	}
	j, last := i+size, size
	for j < len(s) {
		next, n := kindAt(s, j)
		if next != k {
			break
		}
		j, last = j+n, n
	}
	// If text follows, the last of several spaces belongs to it.
	if k == space && j < len(s) && j-last > i {
		return j - last
	}
	return j
}

// contraction is the length of an English ending after an apostrophe, or 0.
func contraction(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case 's', 't', 'm', 'd':
		return 1
	}
	if len(s) > 1 {
		switch s[:2] {
		case "re", "ve", "ll":
			return 2
		}
	}
	return 0
}

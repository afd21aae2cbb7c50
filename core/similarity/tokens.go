package similarity

import (
	"crypto/sha256"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Digest identifies the tokens of a text with several parts. Texts with the same tokens
// in the same parts share it, regardless of layout and comments.
func Digest(parts ...string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range parts {
		for token := range tokens(part) {
			h.Write([]byte(token))
			h.Write([]byte{0, 0}) // two of them: a token may be a zero byte
		}
		h.Write([]byte{0, 1})
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// tokens returns a text's tokens in order. It accepts any text.
func tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			size, blank := next(text)
			if !blank && !yield(text[:size]) {
				return
			}
			text = text[size:]
		}
	}
}

// next returns the length of the first token of a text, or of the white space or comment
// at its start.
func next(text string) (size int, blank bool) {
	c, width := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsSpace(c):
		return width, true
	case c == '#' || strings.HasPrefix(text, "//"):
		return until(text, "\n"), true
	case strings.HasPrefix(text, "/*"):
		return 2 + until(text[2:], "*/"), true
	case c == '"' || c == '\'':
		return quoted(text), false
	case isWord(c):
		for size < len(text) {
			c, width := utf8.DecodeRuneInString(text[size:])
			if !isWord(c) {
				break
			}
			size += width
		}
		return size, false
	}
	return width, false
}

func isWord(c rune) bool {
	return c == '_' || c == '$' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// until returns the length of a text up to the end of a mark, or of all of it.
func until(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}

// quoted returns the length of the literal at the start of a text. A literal that is not
// closed ends with its line, without the white space there.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if !strings.HasPrefix(text[i+1:], "\n") {
				i++
			}
		case text[0]:
			return i + 1
		case '\n':
			return len(strings.TrimRightFunc(text[:i], unicode.IsSpace))
		}
	}
	return len(strings.TrimRightFunc(text, unicode.IsSpace))
}

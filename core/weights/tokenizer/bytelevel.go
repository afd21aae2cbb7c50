package tokenizer

import (
	"sync"
	"unicode/utf8"
)

// alphabet spells every byte as one printable character, as GPT-2 does: printable bytes
// as themselves, the others as U+0100 onwards.
type alphabet struct {
	letter [256]string
	bytes  map[rune]byte
}

var byteLevel = sync.OnceValue(func() *alphabet {
	a := &alphabet{bytes: make(map[rune]byte, 256)}
	next := rune(0x100)
	for b := range 256 {
		r := rune(b)
		printable := '!' <= r && r <= '~' || 0xa1 <= r && r <= 0xac || 0xae <= r && r <= 0xff
		if !printable {
			r = next
			next++
		}
		a.letter[b] = string(r)
		a.bytes[r] = byte(b)
	}
	return a
})

// appendSpelled appends s spelled in letters.
func (a *alphabet) appendSpelled(to []byte, s string) []byte {
	for i := range len(s) {
		to = append(to, a.letter[s[i]]...)
	}
	return to
}

// appendBytes appends the bytes that a token spells. A token with a character that does
// not spell a byte is appended unchanged.
func (a *alphabet) appendBytes(to []byte, token string) []byte {
	begin := len(to)
	for _, r := range token {
		b, ok := a.bytes[r]
		if !ok {
			return append(to[:begin], token...)
		}
		to = append(to, b)
	}
	return to
}

// byteLevelSplit is the pre-tokenizer ByteLevel.
func byteLevelSplit(prefixSpace, useRegex bool) preTokenizer {
	a := byteLevel()
	return func(words []word) []word {
		size := 0
		for _, w := range words {
			size += len(w.text)
		}
		// All words are spelled into one string, and are substrings of it.
		spelled := make([]byte, 0, size+size/4+8)
		ends := make([]int, 0, size/4+len(words))
		first := make([]bool, 0, len(words))
		for _, w := range words {
			text := w.text
			if prefixSpace && text[0] != ' ' {
				text = " " + text
			}
			if !useRegex {
				spelled = a.appendSpelled(spelled, text)
				ends, first = append(ends, len(spelled)), append(first, w.first)
				continue
			}
			for i := 0; i < len(text); {
				j := gpt2(text, i)
				spelled = a.appendSpelled(spelled, text[i:j])
				ends, first = append(ends, len(spelled)), append(first, w.first && i == 0)
				i = j
			}
		}
		all, begin := string(spelled), 0
		out := make([]word, len(ends))
		for i, end := range ends {
			out[i] = word{all[begin:end], first[i]}
			begin = end
		}
		return out
	}
}

// toValid reads bytes as UTF-8. Each longest run that could have begun a character
// becomes one U+FFFD, and so does each other invalid byte. Unicode recommends this, and
// Rust's from_utf8_lossy does the same.
func toValid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b)+8)
	for i := 0; i < len(b); {
		if r, size := utf8.DecodeRune(b[i:]); r != utf8.RuneError || size > 1 {
			out = append(out, b[i:i+size]...)
			i += size
			continue
		}
		out = utf8.AppendRune(out, utf8.RuneError)
		i += brokenRun(b[i:])
	}
	return string(out)
}

// brokenRun is the length of the maximal subpart at the start of b, which does not
// begin with a valid character.
func brokenRun(b []byte) int {
	low, high, more := byte(0x80), byte(0xbf), 0
	switch c := b[0]; {
	case 0xc2 <= c && c <= 0xdf:
		more = 1
	case 0xe0 <= c && c <= 0xef:
		more = 2
		if c == 0xe0 {
			low = 0xa0
		}
		if c == 0xed {
			high = 0x9f
		}
	case 0xf0 <= c && c <= 0xf4:
		more = 3
		if c == 0xf0 {
			low = 0x90
		}
		if c == 0xf4 {
			high = 0x8f
		}
	}
	n := 1
	for n <= more && n < len(b) && low <= b[n] && b[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}

package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func newPreTokenizer(raw json.RawMessage, depth int) (preTokenizer, error) {
	if absent(raw) {
		return nil, nil
	}
	if depth > maxParts {
		return nil, errors.New("nested too deeply")
	}
	p, err := readPart(raw)
	if err != nil {
		return nil, err
	}
	switch p.Type {
	case "Sequence":
		return preTokenizerSequence(p, depth)
	case "ByteLevel":
		f := byteLevelFields{UseRegex: true}
		if err := p.fields(&f); err != nil {
			return nil, err
		}
		return byteLevelSplit(f.AddPrefixSpace, f.UseRegex), nil
	case "Split":
		return splitter(p)
	case "Digits":
		var f struct {
			Type       string
			Individual bool `json:"individual_digits"`
		}
		if err := p.fields(&f); err != nil {
			return nil, err
		}
		b := contiguous
		if f.Individual {
			b = isolated
		}
		return splitWords(func(s string) []span { return runes(s, unicode.IsNumber) }, b), nil
	case "Punctuation":
		f := struct {
			Type     string
			Behavior behavior
		}{Behavior: isolated}
		if err := p.fields(&f); err != nil {
			return nil, err
		}
		return splitWords(func(s string) []span { return runes(s, isPunctuation) }, f.Behavior), f.Behavior.check()
	case "WhitespaceSplit":
		return splitWords(func(s string) []span { return runes(s, unicode.IsSpace) }, removed), nil
	case "Whitespace":
		// Text that does not match is removed, so the sense is inverted.
		words, err := compile(`\w+|[^\w\s]+`)
		if err != nil {
			return nil, err
		}
		return splitWords(func(s string) []span { return invert(words.spans(s)) }, removed), nil
	case "Metaspace":
		f, err := readMetaspace(p)
		if err != nil {
			return nil, err
		}
		return f.preTokenizer(), nil
	}
	return nil, fmt.Errorf("type %q is not supported", p.Type)
}

func preTokenizerSequence(p part, depth int) (preTokenizer, error) {
	var f struct {
		Type string
		Of   []json.RawMessage `json:"pretokenizers"`
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	var all []preTokenizer
	for _, raw := range f.Of {
		t, err := newPreTokenizer(raw, depth+1)
		if err != nil {
			return nil, err
		}
		if t != nil {
			all = append(all, t)
		}
	}
	return func(words []word) []word {
		for _, t := range all {
			words = t(words)
		}
		return words
	}, nil
}

type byteLevelFields struct {
	Type           string
	AddPrefixSpace bool `json:"add_prefix_space"`
	TrimOffsets    bool `json:"trim_offsets"` // of no effect on ids
	UseRegex       bool `json:"use_regex"`
}

func splitter(p part) (preTokenizer, error) {
	var f struct {
		Type     string
		Pattern  textPattern
		Behavior behavior
		Invert   bool
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	if err := f.Behavior.check(); err != nil {
		return nil, err
	}
	spans, err := f.Pattern.spans()
	if err != nil {
		return nil, fmt.Errorf("part Split: %w", err)
	}
	if f.Invert {
		return splitWords(func(s string) []span { return invert(spans(s)) }, f.Behavior), nil
	}
	return splitWords(spans, f.Behavior), nil
}

func invert(spans []span) []span {
	for i := range spans {
		spans[i].match = !spans[i].match
	}
	return spans
}

// splitWords splits every word into spans, and applies the behavior to them.
func splitWords(spans func(string) []span, b behavior) preTokenizer {
	return func(words []word) []word {
		out := make([]word, 0, 2*len(words))
		for _, w := range words {
			for _, s := range b.apply(spans(w.text)) {
				if s.begin < s.end {
					out = append(out, word{w.text[s.begin:s.end], w.first && s.begin == 0})
				}
			}
		}
		return out
	}
}

func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return '!' <= r && r <= '/' || ':' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
	}
	return unicode.Is(unicode.P, r)
}

// metaspace writes spaces as a visible character, as SentencePiece does.
type metaspace struct {
	Type           string
	Replacement    string
	AddPrefixSpace *bool  `json:"add_prefix_space"` // older spelling of the scheme
	PrependScheme  string `json:"prepend_scheme"`
	Split          *bool
	StrRep         string `json:"str_rep"` // older files repeat the replacement here
}

func readMetaspace(p part) (metaspace, error) {
	var f metaspace
	if err := p.fields(&f); err != nil {
		return metaspace{}, err
	}
	if utf8.RuneCountInString(f.Replacement) != 1 {
		return metaspace{}, fmt.Errorf("part Metaspace: replacement %q is not one character", f.Replacement)
	}
	switch {
	case f.PrependScheme == "" && f.AddPrefixSpace != nil && !*f.AddPrefixSpace:
		f.PrependScheme = "never"
	case f.PrependScheme == "":
		f.PrependScheme = "always"
	}
	switch f.PrependScheme {
	case "always", "never", "first":
		return f, nil
	}
	return metaspace{}, fmt.Errorf("part Metaspace: prepend_scheme %q is not supported", f.PrependScheme)
}

func (f metaspace) preTokenizer() preTokenizer {
	split := splitWords(func(s string) []span { return literalSpans(s, f.Replacement) }, mergedWithNext)
	return func(words []word) []word {
		for i, w := range words {
			text := strings.ReplaceAll(w.text, " ", f.Replacement)
			prepend := f.PrependScheme == "always" || f.PrependScheme == "first" && w.first
			if prepend && !strings.HasPrefix(text, f.Replacement) {
				text = f.Replacement + text
			}
			words[i].text = text
		}
		if f.Split != nil && !*f.Split {
			return words
		}
		return split(words)
	}
}

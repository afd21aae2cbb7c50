package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func newNormalizer(raw json.RawMessage, depth int) (normalizer, error) {
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
		return normalizerSequence(p, depth)
	case "Prepend":
		var f struct{ Type, Prepend string }
		if err := p.fields(&f); err != nil {
			return nil, err
		}
		if len(f.Prepend) > maxReplacement {
			return nil, fmt.Errorf("part Prepend: text of %d bytes is longer than %d", len(f.Prepend), maxReplacement)
		}
		return func(s string) string {
			if s == "" {
				return s
			}
			return f.Prepend + s
		}, nil
	case "Replace":
		return replacer(p)
	case "NFC":
		return norm.NFC.String, nil
	case "NFD":
		return norm.NFD.String, nil
	case "NFKC":
		return norm.NFKC.String, nil
	case "NFKD":
		return norm.NFKD.String, nil
	case "Lowercase":
		// U+0130 is the only character whose lower case has two characters.
		return func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "İ", "i̇")) }, nil
	case "Strip":
		var f struct {
			Type  string
			Left  bool `json:"strip_left"`
			Right bool `json:"strip_right"`
		}
		if err := p.fields(&f); err != nil {
			return nil, err
		}
		return func(s string) string {
			if f.Left {
				s = strings.TrimLeftFunc(s, unicode.IsSpace)
			}
			if f.Right {
				s = strings.TrimRightFunc(s, unicode.IsSpace)
			}
			return s
		}, nil
	}
	return nil, fmt.Errorf("type %q is not supported", p.Type)
}

func normalizerSequence(p part, depth int) (normalizer, error) {
	var f struct {
		Type string
		Of   []json.RawMessage `json:"normalizers"`
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	var all []normalizer
	for _, raw := range f.Of {
		n, err := newNormalizer(raw, depth+1)
		if err != nil {
			return nil, err
		}
		if n != nil {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return func(s string) string {
		for _, n := range all {
			s = n(s)
		}
		return s
	}, nil
}

// replacer is the part Replace, which is both a normalizer and a decoder.
func replacer(p part) (func(string) string, error) {
	var f struct {
		Type    string
		Pattern textPattern
		Content string
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	spans, err := f.Pattern.spans()
	if err != nil {
		return nil, fmt.Errorf("part Replace: %w", err)
	}
	if len(f.Content) > maxReplacement {
		return nil, fmt.Errorf("part Replace: text of %d bytes is longer than %d", len(f.Content), maxReplacement)
	}
	if f.Pattern.String != nil {
		return func(s string) string { return strings.ReplaceAll(s, *f.Pattern.String, f.Content) }, nil
	}
	return func(s string) string {
		var b strings.Builder
		for _, x := range spans(s) {
			if x.match {
				b.WriteString(f.Content)
			} else {
				b.WriteString(s[x.begin:x.end])
			}
		}
		return b.String()
	}, nil
}

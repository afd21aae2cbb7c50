package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder turns tokens into pieces of text, to be joined.
type decoder func([]string) []string

func newDecoder(raw json.RawMessage, depth int) (decoder, error) {
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
		return decoderSequence(p, depth)
	case "ByteLevel":
		return decodeByteLevel, nil
	case "Replace":
		replace, err := replacer(p)
		if err != nil {
			return nil, err
		}
		return each(replace), nil
	case "ByteFallback":
		return decodeByteFallback, nil
	case "Fuse":
		return func(tokens []string) []string { return []string{strings.Join(tokens, "")} }, nil
	case "Strip":
		return stripDecoder(p)
	case "Metaspace":
		f, err := readMetaspace(p)
		if err != nil {
			return nil, err
		}
		return f.decode, nil
	case "BPEDecoder":
		return suffixDecoder(p)
	}
	return nil, fmt.Errorf("type %q is not supported", p.Type)
}

func each(change func(string) string) decoder {
	return func(tokens []string) []string {
		for i, t := range tokens {
			tokens[i] = change(t)
		}
		return tokens
	}
}

func decoderSequence(p part, depth int) (decoder, error) {
	var f struct {
		Type string
		Of   []json.RawMessage `json:"decoders"`
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	var all []decoder
	for _, raw := range f.Of {
		d, err := newDecoder(raw, depth+1)
		if err != nil {
			return nil, err
		}
		if d != nil {
			all = append(all, d)
		}
	}
	return func(tokens []string) []string {
		for _, d := range all {
			tokens = d(tokens)
		}
		return tokens
	}, nil
}

func decodeByteLevel(tokens []string) []string {
	var b []byte
	for _, t := range tokens {
		b = byteLevel().appendBytes(b, t)
	}
	return []string{toValid(b)}
}

// decodeByteFallback turns runs of <0xNN> into the text they spell, or into as
// many U+FFFD if it is not UTF-8.
func decodeByteFallback(tokens []string) []string {
	var out []string
	var run []byte
	flush := func() {
		if utf8.Valid(run) && len(run) > 0 {
			out = append(out, string(run))
		} else {
			for range run {
				out = append(out, string(utf8.RuneError))
			}
		}
		run = run[:0]
	}
	for _, t := range tokens {
		if b, ok := fallbackByte(t); ok {
			run = append(run, b)
			continue
		}
		flush()
		out = append(out, t)
	}
	flush()
	return out
}

func fallbackByte(token string) (byte, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(token[3:5], 16, 8)
	return byte(b), err == nil
}

func stripDecoder(p part) (decoder, error) {
	var f struct {
		Type        string
		Content     string
		Start, Stop int
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(f.Content) != 1 || f.Start < 0 || f.Stop < 0 {
		return nil, fmt.Errorf("part Strip: cannot strip %q %d and %d times", f.Content, f.Start, f.Stop)
	}
	return each(func(s string) string {
		for i := 0; i < f.Start && strings.HasPrefix(s, f.Content); i++ {
			s = s[len(f.Content):]
		}
		for i := 0; i < f.Stop && strings.HasSuffix(s, f.Content); i++ {
			s = s[:len(s)-len(f.Content)]
		}
		return s
	}), nil
}

func (f metaspace) decode(tokens []string) []string {
	for i, t := range tokens {
		if i == 0 && f.PrependScheme != "never" {
			// In the first token the character is never a space.
			tokens[i] = strings.ReplaceAll(t, f.Replacement, "")
			continue
		}
		tokens[i] = strings.ReplaceAll(t, f.Replacement, " ")
	}
	return tokens
}

func suffixDecoder(p part) (decoder, error) {
	var f struct {
		Type   string
		Suffix string
	}
	if err := p.fields(&f); err != nil {
		return nil, err
	}
	return func(tokens []string) []string {
		for i, t := range tokens {
			space := " "
			if i == len(tokens)-1 {
				space = ""
			}
			tokens[i] = strings.ReplaceAll(t, f.Suffix, space)
		}
		return tokens
	}, nil
}

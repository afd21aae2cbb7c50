package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder turns tokens into text. The zero value is for a file without a decoder; Decode
// handles it by joining tokens with spaces.
type decoder struct {
	// text turns tokens into pieces of text, to be joined.
	text func([]string) []string
	// token returns the bytes of one token inside a text. They need not be valid UTF-8
	// alone.
	token func(string) string
	// fuses means that this decoder joins the pieces, so that later decoders see the
	// whole text and do not change single tokens.
	fuses bool
}

func newDecoder(raw json.RawMessage, depth int) (decoder, error) {
	if absent(raw) {
		return decoder{}, nil
	}
	if depth > maxParts {
		return decoder{}, errors.New("nested too deeply")
	}
	p, err := readPart(raw)
	if err != nil {
		return decoder{}, err
	}
	switch p.Type {
	case "Sequence":
		return decoderSequence(p, depth)
	case "ByteLevel":
		return decoder{text: decodeByteLevel, token: byteLevelToken, fuses: true}, nil
	case "Replace":
		replace, err := replacer(p)
		if err != nil {
			return decoder{}, err
		}
		return each(replace), nil
	case "ByteFallback":
		return decoder{text: decodeByteFallback, token: fallbackToken}, nil
	case "Fuse":
		join := func(tokens []string) []string { return []string{strings.Join(tokens, "")} }
		return decoder{text: join, token: unchanged, fuses: true}, nil
	case "Strip":
		return stripDecoder(p)
	case "Metaspace":
		f, err := readMetaspace(p)
		if err != nil {
			return decoder{}, err
		}
		return decoder{text: f.decode, token: f.spaces}, nil
	case "BPEDecoder":
		return suffixDecoder(p)
	}
	return decoder{}, fmt.Errorf("type %q is not supported", p.Type)
}

func unchanged(token string) string { return token }

func each(change func(string) string) decoder {
	return decoder{token: change, text: func(tokens []string) []string {
		for i, t := range tokens {
			tokens[i] = change(t)
		}
		return tokens
	}}
}

func decoderSequence(p part, depth int) (decoder, error) {
	var f struct {
		Type string
		Of   []json.RawMessage `json:"decoders"`
	}
	if err := p.fields(&f); err != nil {
		return decoder{}, err
	}
	var texts []func([]string) []string
	var tokens []func(string) string
	fused := false
	for _, raw := range f.Of {
		d, err := newDecoder(raw, depth+1)
		if err != nil {
			return decoder{}, err
		}
		if d.text == nil {
			continue
		}
		texts = append(texts, d.text)
		if !fused {
			tokens = append(tokens, d.token)
		}
		fused = fused || d.fuses
	}
	return decoder{
		text: func(pieces []string) []string {
			for _, text := range texts {
				pieces = text(pieces)
			}
			return pieces
		},
		token: func(token string) string {
			for _, change := range tokens {
				token = change(token)
			}
			return token
		},
		fuses: fused,
	}, nil
}

func byteLevelToken(token string) string {
	return string(byteLevel().appendBytes(nil, token))
}

func fallbackToken(token string) string {
	if b, ok := fallbackByte(token); ok {
		return string([]byte{b})
	}
	return token
}

func decodeByteLevel(tokens []string) []string {
	var b []byte
	for _, t := range tokens {
		b = byteLevel().appendBytes(b, t)
	}
	return []string{toValid(b)}
}

// decodeByteFallback turns each run of <0xNN> into the text that it spells, or, if that
// is not UTF-8, into one U+FFFD per token.
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
		return decoder{}, err
	}
	if utf8.RuneCountInString(f.Content) != 1 || f.Start < 0 || f.Stop < 0 {
		return decoder{}, fmt.Errorf("part Strip: cannot strip %q %d and %d times", f.Content, f.Start, f.Stop)
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
		tokens[i] = f.spaces(t)
	}
	return tokens
}

// spaces is the text of a token that is not at the start of a text.
func (f metaspace) spaces(token string) string {
	return strings.ReplaceAll(token, f.Replacement, " ")
}

func suffixDecoder(p part) (decoder, error) {
	var f struct {
		Type   string
		Suffix string
	}
	if err := p.fields(&f); err != nil {
		return decoder{}, err
	}
	spaces := func(token string) string { return strings.ReplaceAll(token, f.Suffix, " ") }
	return decoder{token: spaces, text: func(tokens []string) []string {
		for i, t := range tokens {
			if i == len(tokens)-1 {
				tokens[i] = strings.ReplaceAll(t, f.Suffix, "")
				continue
			}
			tokens[i] = spaces(t)
		}
		return tokens
	}}, nil
}

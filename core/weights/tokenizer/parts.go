package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

type (
	normalizer   func(string) string
	preTokenizer func([]word) []word
)

// word is a part of the text that the model encodes separately; it is never empty.
type word struct {
	text  string
	first bool // at the very start of the text
}

// part is a component's JSON.
type part struct {
	Type string `json:"type"`
	raw  json.RawMessage
}

// maxParts limits the nesting of sequences of components.
const maxParts = 20

func readPart(raw json.RawMessage) (part, error) {
	p := part{raw: raw}
	if err := json.Unmarshal(raw, &p); err != nil {
		return part{}, err
	}
	return p, nil
}

// fields reads the component's fields. An unknown field could change what the component
// does, so it is an error.
func (p part) fields(v any) error {
	d := json.NewDecoder(bytes.NewReader(p.raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", p.Type, err)
	}
	return nil
}

// absent reports whether a component is missing or null.
func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// textPattern is {"String": …} or {"Regex": …}.
type textPattern struct {
	String *string
	Regex  *string
}

// spans returns the function that splits a text at the pattern's matches.
func (p textPattern) spans() (func(string) []span, error) {
	switch {
	case p.String != nil && p.Regex == nil && *p.String != "":
		return func(s string) []span { return literalSpans(s, *p.String) }, nil
	case p.Regex != nil && p.String == nil:
		if *p.Regex == gpt2Pattern {
			return gpt2Spans, nil
		}
		compiled, err := compile(*p.Regex)
		if err != nil {
			return nil, err
		}
		return compiled.spans, nil
	}
	return nil, errors.New("pattern must have a String or a Regex")
}

func gpt2Spans(s string) []span {
	var out []span
	for i := 0; i < len(s); {
		j := gpt2(s, i)
		out = append(out, span{i, j, true})
		i = j
	}
	return out
}

func literalSpans(s, literal string) []span {
	var out []span
	for done := 0; done < len(s); {
		i := strings.Index(s[done:], literal)
		if i < 0 {
			return append(out, span{done, len(s), false})
		}
		if i > 0 {
			out = append(out, span{done, done + i, false})
		}
		out = append(out, span{done + i, done + i + len(literal), true})
		done += i + len(literal)
	}
	return out
}

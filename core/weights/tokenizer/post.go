package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
)

// around holds the tokens that a post-processor adds before and after a text. Nil: it
// adds none.
type around struct{ prefix, suffix []int32 }

func newPostProcessor(raw json.RawMessage, depth int) (around, error) {
	if absent(raw) {
		return around{}, nil
	}
	if depth > maxParts {
		return around{}, errors.New("nested too deeply")
	}
	p, err := readPart(raw)
	if err != nil {
		return around{}, err
	}
	switch p.Type {
	case "ByteLevel":
		return around{}, nil // changes offsets only
	case "Sequence":
		var f struct {
			Type string
			Of   []json.RawMessage `json:"processors"`
		}
		if err := p.fields(&f); err != nil {
			return around{}, err
		}
		var all around
		for _, raw := range f.Of {
			one, err := newPostProcessor(raw, depth+1)
			if err != nil {
				return around{}, err
			}
			all.prefix = append(one.prefix, all.prefix...)
			all.suffix = append(all.suffix, one.suffix...)
		}
		return all, nil
	case "RobertaProcessing", "BertProcessing":
		var f struct {
			Type           string
			Sep, Cls       contentAndID
			TrimOffsets    bool `json:"trim_offsets"`
			AddPrefixSpace bool `json:"add_prefix_space"` // of offsets only
		}
		if err := p.fields(&f); err != nil {
			return around{}, err
		}
		return around{[]int32{f.Cls.id}, []int32{f.Sep.id}}, nil
	case "TemplateProcessing":
		return template(p)
	}
	return around{}, fmt.Errorf("type %q is not supported", p.Type)
}

// contentAndID is ["<s>", 1].
type contentAndID struct {
	content string
	id      int32
}

func (c *contentAndID) UnmarshalJSON(text []byte) error {
	var both []json.RawMessage
	if err := json.Unmarshal(text, &both); err != nil {
		return err
	}
	if len(both) != 2 {
		return errors.New("must be [content, id]")
	}
	return errors.Join(json.Unmarshal(both[0], &c.content), json.Unmarshal(both[1], &c.id))
}

// template reads the template for a single text: special tokens around one $A.
func template(p part) (around, error) {
	var f struct {
		Single  []map[string]struct{ ID string } `json:"single"`
		Special map[string]struct{ IDs []int32 } `json:"special_tokens"`
	}
	// The template for pairs is not used here, so it may contain anything.
	if err := json.Unmarshal(p.raw, &f); err != nil {
		return around{}, fmt.Errorf("%s: %w", p.Type, err)
	}
	var a around
	texts := 0
	for _, piece := range f.Single {
		if len(piece) != 1 {
			return around{}, fmt.Errorf("%s: a piece is not a single token or sequence", p.Type)
		}
		for kind, x := range piece {
			switch kind {
			case "Sequence":
				if texts++; texts > 1 || x.ID != "A" {
					return around{}, fmt.Errorf("%s: the form for one text holds others", p.Type)
				}
			case "SpecialToken":
				special, ok := f.Special[x.ID]
				if !ok {
					return around{}, fmt.Errorf("%s: no ids for special token %q", p.Type, x.ID)
				}
				if texts == 0 {
					a.prefix = append(a.prefix, special.IDs...)
				} else {
					a.suffix = append(a.suffix, special.IDs...)
				}
			default:
				return around{}, fmt.Errorf("%s: piece %q is not supported", p.Type, kind)
			}
		}
	}
	if texts == 0 {
		return around{}, fmt.Errorf("%s: the text itself is missing", p.Type)
	}
	return a, nil
}

package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// ends holds the components of a tokenizer that may treat the start of a text
// specially: some families put a blank before every text, and drop the first blank of a
// decoded text.
type ends struct {
	normalizer normalizer
	pre        preTokenizer
	decoder    decoder
}

func newEnds(f file) (ends, error) {
	var e ends
	var err error
	if e.normalizer, err = newNormalizer(f.Normalizer, 0); err != nil {
		return ends{}, fmt.Errorf("normalizer: %w", err)
	}
	if e.pre, err = newPreTokenizer(f.PreTokenizer, 0); err != nil {
		return ends{}, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if e.decoder, err = newDecoder(f.Decoder, 0); err != nil {
		return ends{}, fmt.Errorf("decoder: %w", err)
	}
	if first(f.PreTokenizer, 0) && movesStart(f.Normalizer, 0) {
		return ends{}, errors.New("pre_tokenizer: Metaspace with the prepend_scheme \"first\" behind a normalizer that may change where a text starts: " +
			"Hugging Face's library then puts the blank before some texts only; that is not supported")
	}
	for name, raw := range map[string]json.RawMessage{"normalizer": f.Normalizer, "pre_tokenizer": f.PreTokenizer, "decoder": f.Decoder} {
		if err := checkGrowth(raw); err != nil {
			return ends{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return e, nil
}

// first reports whether a pre-tokenizer looks for the start of the text.
func first(raw json.RawMessage, depth int) bool {
	var f struct {
		Type   string
		Scheme string            `json:"prepend_scheme"`
		Of     []json.RawMessage `json:"pretokenizers"`
	}
	if absent(raw) || depth > maxParts || json.Unmarshal(raw, &f) != nil {
		return false
	}
	return f.Type == "Metaspace" && f.Scheme == "first" || slices.ContainsFunc(f.Of, func(part json.RawMessage) bool { return first(part, depth+1) })
}

// movesStart reports whether a normalizer may take away, add or join the first
// characters of a text. The library goes by the places of characters in the
// text as it was, and what is left begins elsewhere.
func movesStart(raw json.RawMessage, depth int) bool {
	var f struct {
		Type, Content string
		Pattern       textPattern
		Of            []json.RawMessage `json:"normalizers"`
	}
	if absent(raw) || depth > maxParts || json.Unmarshal(raw, &f) != nil {
		return false
	}
	switch f.Type {
	case "Sequence":
		return slices.ContainsFunc(f.Of, func(part json.RawMessage) bool { return movesStart(part, depth+1) })
	case "Lowercase":
		return false
	case "Replace":
		return f.Content == "" || f.Pattern.String == nil || utf8.RuneCountInString(*f.Pattern.String) != 1
	}
	return true
}

// EncodeNext gives the ids of a text that goes on where another ended: as
// Encode without special tokens, but without the blank that some families put
// before every text. The two texts' ids, one after another, are those of a
// prompt and what is written behind it.
func (t *Tokenizer) EncodeNext(text string) []int32 { return t.encode(nil, text, t.next) }

// DecodeNext returns the text of ids that continue others, without special tokens. It
// is Decode, but keeps a blank at the start.
func (t *Tokenizer) DecodeNext(ids []int32) string { return t.decode(ids, true, t.next.decoder) }

// withoutStart is the file without the special treatment of a text's start.
func (f file) withoutStart() (file, error) {
	for _, raw := range []*json.RawMessage{&f.Normalizer, &f.PreTokenizer, &f.Decoder} {
		if absent(*raw) {
			continue
		}
		var v any
		err := json.Unmarshal(*raw, &v)
		if err == nil {
			*raw, err = json.Marshal(startless(v))
		}
		if err != nil {
			return file{}, err
		}
	}
	return f, nil
}

// startless removes the special treatment of a text's start from a component and its
// children. It returns nil for a component that does nothing else.
func startless(v any) any {
	switch v := v.(type) {
	case []any:
		kept := v[:0]
		for _, x := range v {
			if x = startless(x); x != nil {
				kept = append(kept, x)
			}
		}
		return kept
	case map[string]any:
		switch v["type"] {
		case "Prepend":
			return nil
		case "ByteLevel":
			v["add_prefix_space"] = false
		case "Metaspace":
			v["prepend_scheme"] = "never"
		case "Strip": // the decoder; the normalizer of this name has no content
			if v["content"] == " " {
				v["start"] = 0
			}
		case "Sequence":
			for _, list := range []string{"normalizers", "pretokenizers", "decoders"} {
				if of, ok := v[list]; ok {
					v[list] = startless(of)
				}
			}
		}
	}
	return v
}

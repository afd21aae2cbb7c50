package tokenizer

import (
	"encoding/json"
	"fmt"
)

// ends is the part of a tokenizer that treats the start of a text in a way of
// its own: some families put a blank before every text, and drop the one that
// a decoded text begins with.
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
	for name, raw := range map[string]json.RawMessage{"normalizer": f.Normalizer, "pre_tokenizer": f.PreTokenizer, "decoder": f.Decoder} {
		if err := checkGrowth(raw); err != nil {
			return ends{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return e, nil
}

// EncodeNext gives the ids of a text that goes on where another ended: as
// Encode without special tokens, but without the blank that some families put
// before every text. The two texts' ids, one after another, are those of a
// prompt and what is written behind it.
func (t *Tokenizer) EncodeNext(text string) []int32 { return t.encode(nil, text, t.next) }

// DecodeNext gives the text of ids that go on where others ended, special
// tokens left out: as Decode, but with the blank that it may begin with.
func (t *Tokenizer) DecodeNext(ids []int32) string { return t.decode(ids, true, t.next.decoder) }

// withoutStart is the file with no component that treats a text's start in a
// way of its own.
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

// startless changes a component and those in it; nil takes one's place that
// does nothing else.
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

package tokenizer_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"harness/core/needs"
	"harness/core/weights/tokenizer"
)

// A text cut in two is the same text, whatever a family does at starts.
func TestParityContinuedTexts(t *testing.T) {
	for _, dir := range needs.Checkpoints(t, "tokenizer.json") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tok, err := tokenizer.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"x", " x", "    n--;\n", "\tint i = 1;", "", "\n"} {
				next := tok.EncodeNext(text)
				if got := tok.DecodeNext(next); got != text {
					t.Errorf("%q decodes to %q", text, got)
				}
				before := "int f() {\n"
				ids := append(tok.Encode(before, false), next...)
				if got := tok.Decode(ids, true); got != before+text {
					t.Errorf("%q behind %q decodes to %q", text, before, got)
				}
			}
		})
	}
}

const spelled = `{"added_tokens": [{"id": 6, "content": "<M>", "special": true}],
	"normalizer": NORMALIZER, "pre_tokenizer": PRE, "decoder": DECODER,
	"model": {"type": "BPE", "vocab": {"▁": 0, "a": 1, "b": 2, "▁a": 3, "Ġ": 4, "Ġa": 5},
		"merges": [["▁", "a"], ["Ġ", "a"]]}}`

func TestContinuedTextsHaveNoBlankOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		name, normalizer, pre, decoder string
		alone, next                    []int32
	}{
		{"prepend", `{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}`, `null`,
			`{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}`,
			[]int32{3, 2, 6, 3}, []int32{1, 2, 6, 3}},
		{"prepend alone", `{"type": "Prepend", "prepend": "▁"}`, `null`, `{"type": "Metaspace", "replacement": "▁"}`,
			[]int32{3, 2, 6, 3}, []int32{1, 2, 6, 3}},
		{"metaspace always", `null`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}`,
			[]int32{3, 2, 6, 3}, []int32{1, 2, 6, 3}},
		{"metaspace first", `null`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}`, `{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}`,
			[]int32{3, 2, 6, 1}, []int32{1, 2, 6, 1}},
		{"byte level", `null`, `{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}`, `{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}`,
			[]int32{5, 2, 6, 5}, []int32{1, 2, 6, 5}},
		{"none", `null`, `null`, `{"type": "Fuse"}`, []int32{1, 2, 6, 1}, []int32{1, 2, 6, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := strings.NewReplacer("NORMALIZER", c.normalizer, "PRE", c.pre, "DECODER", c.decoder).Replace(spelled)
			tok, err := tokenizer.Parse([]byte(file))
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.Encode("ab<M>a", false); !slices.Equal(got, c.alone) {
				t.Errorf("alone %v, want %v", got, c.alone)
			}
			if got := tok.EncodeNext("ab<M>a"); !slices.Equal(got, c.next) {
				t.Errorf("behind another %v, want %v", got, c.next)
			}
			if got := tok.DecodeNext(tok.EncodeNext("ab")); got != "ab" {
				t.Errorf("decodes to %q", got)
			}
			if blank, ok := tok.TokenID("▁a"); ok && c.name != "none" && c.name != "byte level" {
				if got := tok.DecodeNext([]int32{blank, 2}); got != " ab" {
					t.Errorf("a blank that a text goes on with decodes to %q", got)
				}
			}
		})
	}
}

package gguf_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/weights/tokenizer"
)

// members are what Hugging Face's tokenizers library demands of each part of a
// tokenizer.json (0.23; read off what it refuses).
var members = map[string][]string{
	"BPE":                {"vocab", "merges"},
	"ByteFallback":       {},
	"ByteLevel":          {"add_prefix_space", "trim_offsets", "use_regex"},
	"Digits":             {"individual_digits"},
	"Fuse":               {},
	"NFC":                {},
	"Prepend":            {"prepend"},
	"Replace":            {"pattern", "content"},
	"Split":              {"pattern", "behavior", "invert"},
	"Strip":              {"content", "start", "stop"},
	"TemplateProcessing": {"single", "pair", "special_tokens"},
}

// demand walks a part and those inside it.
func demand(t *testing.T, where string, part any) {
	t.Helper()
	fields, ok := part.(map[string]any)
	if !ok {
		if part != nil {
			t.Errorf("%s is %v", where, part)
		}
		return
	}
	kind, _ := fields["type"].(string)
	if kind == "Sequence" {
		for _, key := range []string{"normalizers", "pretokenizers", "processors", "decoders"} {
			inner, _ := fields[key].([]any)
			for i, p := range inner {
				demand(t, fmt.Sprintf("%s[%d]", where, i), p)
			}
		}
		return
	}
	names, known := members[kind]
	if !known {
		t.Errorf("%s is a part of the type %q, of which the test knows nothing", where, kind)
	}
	for _, name := range names {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s (%s) lacks %s", where, kind, name)
		}
	}
}

// What is written for a GGUF file holds every member without which Hugging
// Face's library does not open it, and says in tokenizer.json what is put around
// a text: transformers 5 does not read add_bos_token beside one.
func TestTokenizerFilesAreComplete(t *testing.T) {
	gpt2 := map[string]any{"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.merges": []string{"a b"}, "tokenizer.ggml.pre": "gpt-2"}
	with := func(base map[string]any, key string, value any) map[string]any {
		all := maps.Clone(base)
		all[key] = value
		return all
	}
	for _, c := range []struct {
		name     string
		metadata map[string]any
		around   [2][]int32 // what comes before and after a text
	}{
		{"SentencePiece", nil, [2][]int32{{1}, nil}},
		{"SentencePiece, told not to begin", map[string]any{"tokenizer.ggml.add_bos_token": false}, [2][]int32{}},
		{"byte-level", gpt2, [2][]int32{}},
		{"byte-level, told to begin", with(gpt2, "tokenizer.ggml.add_bos_token", true), [2][]int32{{1}, nil}},
		{"byte-level, told to end", with(gpt2, "tokenizer.ggml.add_eos_token", true), [2][]int32{nil, {2}}},
		{"Llama 3", with(gpt2, "tokenizer.ggml.pre", "llama-bpe"), [2][]int32{{1}, nil}},
		{"Qwen", with(gpt2, "tokenizer.ggml.pre", "qwen2"), [2][]int32{}},
		{"DeepSeek", with(gpt2, "tokenizer.ggml.pre", "deepseek-coder"), [2][]int32{}},
		{"StarCoder", with(gpt2, "tokenizer.ggml.pre", "starcoder"), [2][]int32{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := tiny()
			maps.Copy(w.metadata, c.metadata)
			made, err := open(t, w)
			if err != nil {
				t.Fatal(err)
			}
			files, err := made.TokenizerFiles()
			if err != nil {
				t.Fatal(err)
			}
			var spec map[string]any
			if err := json.Unmarshal(files["tokenizer.json"], &spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{
				"added_tokens", "decoder", "model", "normalizer", "padding", "post_processor", "pre_tokenizer", "truncation", "version",
			}, slices.Sorted(maps.Keys(spec))); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			for _, part := range []string{"normalizer", "pre_tokenizer", "post_processor", "decoder", "model"} {
				demand(t, part, spec[part])
			}
			added, _ := spec["added_tokens"].([]any)
			if len(added) != 3 {
				t.Errorf("%d added tokens, want 3", len(added))
			}
			for _, token := range added {
				if diff := cmp.Diff([]string{"content", "id", "lstrip", "normalized", "rstrip", "single_word", "special"}, slices.Sorted(maps.Keys(token.(map[string]any)))); diff != "" {
					t.Errorf("an added token (-want +got):\n%s", diff)
				}
			}
			config := string(files["tokenizer_config.json"])
			if !strings.Contains(config, `"model_input_names":["input_ids","attention_mask"]`) || strings.Contains(config, "add_bos_token") {
				t.Errorf("tokenizer_config.json is %s", config)
			}
			tok, err := tokenizer.Load(write(t, w))
			if err != nil {
				t.Fatal(err)
			}
			plain := tok.Encode("ab", false)
			if got, want := tok.Encode("ab", true), slices.Concat(c.around[0], plain, c.around[1]); !slices.Equal(got, want) {
				t.Errorf("ids are %v, want %v", got, want)
			}
		})
	}
}

func TestATokenAroundTextsMustBeKnown(t *testing.T) {
	w := tiny()
	delete(w.metadata, "tokenizer.ggml.eos_token_id")
	w.metadata["tokenizer.ggml.add_eos_token"] = true
	if _, err := tokenizer.Load(write(t, w)); err == nil || !strings.Contains(err.Error(), "tokenizer.ggml.eos_token_id is missing") {
		t.Errorf("error %v, want one that names the id", err)
	}
}

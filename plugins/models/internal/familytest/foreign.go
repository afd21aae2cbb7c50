package familytest

import (
	"slices"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
)

// RefusesForeign checks that a family refuses settings that no family reads or
// that mean another network, added to a good config.json. width is the name of a
// setting that must be a whole number.
func RefusesForeign(t *testing.T, m model.Model, good, width string) {
	t.Helper()
	Refusals(t, m, good, [][2]string{
		{`"auto_map": {"AutoModelForCausalLM": "modeling.Other"}`, "auto_map is"},
		{`"quantization_config": {"quant_method": "gptq", "bits": 4}`, "quantization_config is"},
		{`"per_layer_config": {"0": {"n_embd": 4}}`, "per_layer_config is"},
		{`"pruned_heads": {"0": [1]}`, "pruned_heads is"},
		{`"add_cross_attention": true`, "add_cross_attention is true"},
		{`"tie_encoder_decoder": true`, "tie_encoder_decoder is true"},
		{`"architectures": ["OtherForCausalLM"]`, `"OtherForCausalLM"`},
		{`"architectures": ["OtherForSequenceClassification"]`, `"OtherForSequenceClassification"`},
		{`"model_type": "other"`, `"other"`},
		{`"model_type": null`, "model_type"},
		{`"vocab_size": null`, "vocab_size is null"},
		{`"vocab_size": 50.5`, "vocab_size is 50.5"},
		{`"eos_token_id": [null]`, "eos_token_id is [null]"},
		{`"` + width + `": null`, width + " is null"},
		{`"` + width + `": "16"`, width + ` is "16"`},
		{`"` + width + `": true`, width + " is true"},
		{`"an_unknown_setting": 1`, "an_unknown_setting is 1"},
		{`"repetition_penalty": 1.2`, "repetition_penalty is 1.2"},
	})
	for text, want := range map[string]string{
		`{"eos_token_id": [3, 4000000]}`: "eos_token_id is 4000000",
		`{"no_repeat_ngram_size": 3}`:    "no_repeat_ngram_size is 3",
		`{"an_unknown_setting": 1}`:      "an_unknown_setting is 1",
		`[]`:                             "generation_config.json",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(good), GenerationConfig: []byte(text)})
			refused(t, err, want)
		})
	}
}

// EndsAsGenerateDoes checks that a family takes end tokens, one or a list, from
// generation_config.json or, without it, from config.json.
func EndsAsGenerateDoes(t *testing.T, m model.Model, good string) {
	t.Helper()
	for _, c := range []struct {
		change, generation string
		want               []int32
	}{
		{`"eos_token_id": 3`, "", []int32{3}},
		{`"eos_token_id": [3, 4]`, "", []int32{3, 4}},
		{`"eos_token_id": null`, "", nil},
		{`"eos_token_id": 3`, `{"eos_token_id": [5, 6]}`, []int32{5, 6}},
		{`"eos_token_id": 6`, `{"eos_token_id": [5, 6]}`, []int32{6, 5}},
		{`"eos_token_id": 3`, `{"eos_token_id": null}`, nil},
	} {
		t.Run(c.change+" "+c.generation, func(t *testing.T) {
			r, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: Changed(t, good, c.change), GenerationConfig: []byte(c.generation)})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.GetEos(); !slices.Equal(got, c.want) {
				t.Errorf("the end tokens are %v, want %v", got, c.want)
			}
		})
	}
}

// Heads checks that a family reads a separate head if the checkpoint has one that
// differs from the token table, and counts its parameters. good is a config.json
// that ties them, for a network of this width.
func Heads(t *testing.T, m model.Model, good, table string, width int64) {
	t.Helper()
	const head = "lm_head.weight"
	tensors := func(same string) []*model.CheckpointTensor {
		return []*model.CheckpointTensor{{Name: head}, {Name: table, SameAs: same}}
	}
	var tied int64
	for _, c := range []struct {
		name    string
		tensors []*model.CheckpointTensor
		apart   bool
	}{
		{"not known", nil, false},
		{"table alone", tensors("")[1:], false},
		{"equal", tensors(head), false},
		{"different", tensors(""), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(good), Tensors: c.tensors})
			if err != nil {
				t.Fatal(err)
			}
			n, err := ir.Count(r.GetGraph(), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ir.Expand(r.GetGraph())
			if err != nil {
				t.Fatal(err)
			}
			apart := slices.ContainsFunc(p.Parameters, func(p ir.Param) bool { return p.Name == head })
			if apart != c.apart {
				t.Errorf("a head of its own: %t", apart)
			}
			if !c.apart {
				tied = n.All
			} else if want := tied + r.GetVocabulary()*width; n.All != want {
				t.Errorf("%d parameters, want %d", n.All, want)
			}
		})
	}
}

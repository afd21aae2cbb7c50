package main

import (
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/familytest"
)

const tiny = `{"model_type": "codegen", "n_embd": 16, "n_head": 4, "n_layer": 2, "rotary_dim": 4, "n_positions": 32,
	"vocab_size": 50, "eos_token_id": 3, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}`

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	r, err := codegen{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(tiny)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ir.Count(r.GetGraph(), &ir.Rewrite{Train: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	const e, v = 16, 50
	layer := int64(2*e + 3*e*e + e*e + 2*4*e*e + 4*e + e)
	if want := 2*layer + 2*v*e + v + 2*e; c.All != want || c.Trainable != want {
		t.Errorf("counts %+v, want %d", c, want)
	}
	if r.GetMaxPositions() != 32 || r.GetVocabulary() != v || r.GetEos()[0] != 3 {
		t.Errorf("positions %d, vocabulary %d, eos %v", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos())
	}
}

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, codegen{}) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	familytest.Refusals(t, codegen{}, tiny, [][2]string{
		{`"n_head": 5`, "n_head is 5"},
		{`"n_head": 0`, "n_head is 0"},
		{`"n_embd": 18`, "multiple of n_head"},
		{`"n_embd": -16`, "n_embd is -16"},
		{`"rotary_dim": 3`, "rotary_dim is 3"},
		{`"rotary_dim": null`, ""},
		{`"n_layer": 100000`, "n_layer is 100000"},
		{`"vocab_size": 3`, "eos_token_id is 3"},
		{`"activation_function": "mish"`, `"mish"`},
		{`"layer_norm_epsilon": 0`, "layer_norm_epsilon"},
		{`"embd_pdrop": 1`, "embd_pdrop is 1"},
		{`"model_type": "llama"`, `"llama"`},
		{`"n_inner": 0`, "n_inner is 0"},
		{`"n_inner": "64"`, `n_inner is "64"`},
		{`"scale_attn_weights": false`, "scale_attn_weights is false"},
		{`"reorder_and_upcast_attn": true`, "reorder_and_upcast_attn is true"},
		{`"hidden_size": 32`, "another name of the same"},
		{`"resid_pdrop": null`, "resid_pdrop is null"},
		// CodeGen2: its size, its origin, or a setting that only it has.
		{`"n_embd": 2048, "n_layer": 16, "n_head": 16`, "this is CodeGen2"},
		{`"_name_or_path": "checkpoints/codegen2-16B/"`, "this is CodeGen2"},
		{`"head_dim": 4`, "head_dim is 4"},
		{`"vocab_size": "many"`, "vocab_size"},
	})
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, codegen{}, tiny, "n_embd")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, codegen{}, tiny)
}

func TestHeadOfItsOwn(t *testing.T) {
	familytest.Heads(t, codegen{}, strings.Replace(tiny, `{`, `{"tie_word_embeddings": true, `, 1), "transformer.wte.weight", 16)
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, codegen{}, tiny, []string{"transformer.h.0.attn.causal_mask", "transformer.h.1.attn.masked_bias", "transformer.h.0.attn.bias"}, []string{
		"transformer.h.0.attn.qkv_proj.bias", "transformer.h.2.ln_1.weight", "transformer.h.0.attn.out_proj.bias", "transformer.transformer.wte.weight",
	})
}

func FuzzBuild(f *testing.F) {
	familytest.FuzzBuild(f, codegen{}, tiny, `{"model_type": "codegen"}`,
		`{"model_type": "codegen", "n_head": 4, "n_embd": 65536, "vocab_size": 4194304}`)
}

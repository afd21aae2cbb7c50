package main

import (
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
	"harness/plugins/models/internal/familytest"
)

const tiny = `{"model_type": "bloom", "n_embed": 16, "num_attention_heads": 4, "n_layer": 2, "n_inner": null, "vocab_size": 50,
	"eos_token_id": 2, "pad_token_id": 3, "layer_norm_epsilon": 1e-5, "offset_alibi": 100, "slow_but_exact": false, "pretraining_tp": 1}`

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", bloom{}) }

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	const e, v = 16, 50
	layer := int64(4*e + 3*e*(e+1) + e*(e+1) + 4*e*(e+1) + e*(4*e+1))
	for _, c := range []struct {
		change string
		want   int64
	}{
		{``, 2*layer + v*e + 4*e},
		{`"n_embed": null, "hidden_size": 16, "n_inner": 64`, 2*layer + v*e + 4*e},
		{`"apply_residual_connection_post_layernorm": true`, 2*layer + v*e + 4*e},
		{`"slow_but_exact": true`, 2*layer + v*e + 4*e},
		{`"slow_but_exact": false, "pretraining_tp": 4`, 2*layer + v*e + 4*e},
		{`"tie_word_embeddings": false`, 2*layer + 2*v*e + 4*e},
	} {
		t.Run(c.change, func(t *testing.T) {
			r, err := bloom{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: familytest.Changed(t, tiny, c.change)})
			if err != nil {
				t.Fatal(err)
			}
			n, err := ir.Count(r.GetGraph(), &ir.Rewrite{Train: []string{"*"}})
			if err != nil {
				t.Fatal(err)
			}
			if n.All != c.want || n.Trainable != c.want {
				t.Errorf("counts %+v, want %d", n, c.want)
			}
			if r.GetMaxPositions() != 0 || r.GetVocabulary() != v || r.GetEos()[0] != 2 || r.GetPad() != 3 {
				t.Errorf("positions %d, vocabulary %d, eos %v, pad %d", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos(), r.GetPad())
			}
		})
	}
}

func TestPublishedSizes(t *testing.T) {
	familytest.PublishedSizes(t, bloom{}, "BloomForCausalLM", map[string]any{"model_type": "bloom"})
}

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, bloom{}) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	familytest.Refusals(t, bloom{}, tiny, [][2]string{
		{`"num_attention_heads": 5`, "multiple of n_head"},
		{`"num_attention_heads": 0`, "n_head is 0"},
		{`"n_embed": -16`, "hidden_size is -16"},
		{`"hidden_size": 32`, "another name of the same"},
		{`"n_inner": 32`, "n_inner is 32"},
		{`"n_layer": 100000`, "n_layer is 100000"},
		{`"vocab_size": 2`, "eos_token_id is 2"},
		{`"vocab_size": "many"`, "vocab_size"},
		{`"layer_norm_epsilon": 0`, "layer_norm_epsilon is 0"},
		{`"hidden_dropout": 1`, "hidden_dropout is 1"},
		{`"attention_dropout": -1`, "attention_dropout is -1"},
		{`"slow_but_exact": true, "pretraining_tp": 2`, "slow_but_exact is true"},
		{`"alibi": false`, "alibi is false"},
		{`"skip_bias_add_qkv": true`, "skip_bias_add_qkv is true"},
		{`"hidden_dropout": null`, "hidden_dropout is null"},
		{`"model_type": "falcon"`, `"falcon"`},
	})
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, bloom{}, tiny, "n_layer")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, bloom{}, tiny)
}

func TestHeadOfItsOwn(t *testing.T) {
	familytest.Heads(t, bloom{}, tiny, "word_embeddings.weight", 16)
	familytest.Heads(t, bloom{}, tiny, "transformer.word_embeddings.weight", 16)
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, bloom{}, tiny, []string{}, []string{
		"h.2.input_layernorm.weight", "transformer.h.0.self_attention.q_norm.weight", "lm_head.bias",
	})
}

func FuzzBuild(f *testing.F) {
	familytest.FuzzBuild(f, bloom{}, tiny, `{"model_type": "bloom"}`,
		`{"model_type": "bloom", "n_embed": 65536, "n_head": 1024, "vocab_size": 4194304, "tie_word_embeddings": false}`)
}

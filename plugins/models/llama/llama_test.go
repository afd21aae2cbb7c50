package main

import (
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/familytest"
)

const tiny = `{"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2,
	"num_hidden_layers": 2, "max_position_embeddings": 32, "vocab_size": 50, "eos_token_id": 3, "hidden_act": "silu", "rms_norm_eps": 1e-5}`

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	const e, f, v = 16, 24, 50
	layer := int64(2*e + 2*e*e + 2*e*e/2 + 3*e*f)
	for _, c := range []struct {
		change string
		want   int64
	}{
		{``, 2*layer + 2*v*e + e},
		{`"tie_word_embeddings": true`, 2*layer + v*e + e},
		{`"num_key_value_heads": null`, 2*(layer+e*e) + 2*v*e + e},
		{`"attention_bias": true`, 2*(layer+3*e) + 2*v*e + e},
		{`"mlp_bias": true`, 2*(layer+2*f+e) + 2*v*e + e},
		{`"head_dim": 8`, 2*(layer+2*e*e+e*e) + 2*v*e + e},
		{`"pretraining_tp": 4, "rope_interleaved": false, "layer_types": ["full_attention", "full_attention"]`, 2*layer + 2*v*e + e},
	} {
		t.Run(c.change, func(t *testing.T) {
			r, err := llama{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: familytest.Changed(t, tiny, c.change)})
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
			if r.GetMaxPositions() != 32 || r.GetVocabulary() != v || r.GetEos()[0] != 3 || r.GetPad() != 3 {
				t.Errorf("positions %d, vocabulary %d, eos %v, pad %d", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos(), r.GetPad())
			}
		})
	}
}

func TestEndTokens(t *testing.T) {
	for _, c := range []struct {
		change string
		eos    int
		pad    int32
	}{
		{`"eos_token_id": [4, 5]`, 2, 4},
		{`"eos_token_id": null`, 0, 0},
		{`"pad_token_id": 7`, 1, 7},
		{`"pad_token_id": -1`, 1, 3},
	} {
		r, err := llama{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: familytest.Changed(t, tiny, c.change)})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.GetEos()) != c.eos || r.GetPad() != c.pad {
			t.Errorf("%s: eos %v, pad %d", c.change, r.GetEos(), r.GetPad())
		}
	}
}

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, llama{}) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	familytest.Refusals(t, llama{}, tiny, [][2]string{
		{`"model_type": "mistral"`, `"mistral"`},
		{`"architectures": ["LlamaForSequenceClassification"]`, `"LlamaForSequenceClassification"`},
		{`"num_attention_heads": 3`, "multiple of num_attention_heads"},
		{`"num_attention_heads": 0`, "num_attention_heads is 0"},
		{`"num_key_value_heads": 3`, "multiple of num_key_value_heads"},
		{`"num_key_value_heads": -1`, "num_key_value_heads is -1"},
		{`"hidden_size": -16`, "hidden_size is -16"},
		{`"hidden_size": 12`, "head_dim is 3"},
		{`"head_dim": 5`, "head_dim is 5"},
		{`"intermediate_size": 0`, "intermediate_size is 0"},
		{`"num_hidden_layers": 100000`, "num_hidden_layers is 100000"},
		{`"max_position_embeddings": 0`, "max_position_embeddings is 0"},
		{`"vocab_size": 3`, "eos_token_id is 3"},
		{`"vocab_size": "many"`, "vocab_size"},
		{`"eos_token_id": "end"`, "expected a token id or a list of them"},
		{`"hidden_act": "mish"`, `"mish"`},
		{`"rms_norm_eps": 0`, "rms_norm_eps is 0"},
		{`"attention_dropout": 1`, "attention_dropout is 1"},
		{`"sliding_window": 4096`, "sliding_window is 4096"},
		{`"rms_norm_eps": null`, "rms_norm_eps is null"},
		{`"tie_word_embeddings": null`, "tie_word_embeddings is null"},
		{`"qk_norm": true`, "qk_norm is true"},
		{`"layer_types": ["sliding_attention", "full_attention"]`, `"sliding_attention"`},
		{`"rope_interleaved": true`, "rope_interleaved is true"},
		{`"partial_rotary_factor": 0.5`, "partial_rotary_factor"},
		{`"rope_theta": -1`, "rope_theta is -1"},
		{`"rope_scaling": {"type": "longrope", "factor": 2}`, `"longrope"`},
		{`"rope_scaling": {"type": "linear"}`, "factor is missing"},
		{`"rope_scaling": {"type": "linear", "factor": 0}`, "factor is 0"},
		{`"rope_scaling": {"type": "linear", "factor": 2, "high_freq_factor": 4}`, `does not use "high_freq_factor"`},
		{`"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1}`, "high_freq_factor is missing"},
		{`"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1}`, "not below high_freq_factor"},
		{`"rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 0}`, "original_max_position_embeddings is 0"},
		{`"rope_parameters": {"rope_type": "yarn", "factor": "x"}`, "rope_parameters.factor is"},
		{`"rope_parameters": {"rope_type": null}`, "rope_parameters.rope_type is null"},
		{`"rope_theta": "10000"`, "rope_theta is"},
		{`"rope_parameters": {"full_attention": {"rope_type": "default"}}`, `does not use "full_attention"`},
	})
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, llama{}, tiny, "hidden_size")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, llama{}, tiny)
}

func TestHeadOfItsOwn(t *testing.T) {
	familytest.Heads(t, llama{}, strings.Replace(tiny, `{`, `{"tie_word_embeddings": true, `, 1), "model.embed_tokens.weight", 16)
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, llama{}, tiny, []string{"model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"}, []string{
		"model.layers.0.self_attn.q_proj.bias", "model.layers.1.self_attn.q_norm.weight", "model.layers.2.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight_scale", "model.model.norm.weight", "lm_head.bias",
	})
}

func FuzzBuild(f *testing.F) {
	familytest.FuzzBuild(f, llama{}, tiny, `{"model_type": "llama"}`,
		`{"model_type": "llama", "hidden_size": 65536, "num_attention_heads": 4096, "vocab_size": 4194304}`,
		`{"model_type": "llama", "rope_scaling": {"rope_type": "yarn", "factor": 4, "mscale": 1, "mscale_all_dim": 0.5, "truncate": false}}`,
		`{"model_type": "llama", "rope_parameters": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "rope_theta": 5e5}}`)
}

func TestPublishedSizes(t *testing.T) {
	familytest.PublishedSizes(t, llama{}, "LlamaForCausalLM", map[string]any{"model_type": "llama"})
}

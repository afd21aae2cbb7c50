package main

import (
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
	"harness/plugins/models/internal/familytest"
)

const (
	tinyBigCode = `{"model_type": "gpt_bigcode", "n_embd": 16, "n_head": 4, "n_layer": 2, "n_inner": 24, "n_positions": 32,
		"vocab_size": 50, "eos_token_id": 3, "activation_function": "gelu_pytorch_tanh", "layer_norm_epsilon": 1e-5, "multi_query": true}`
	tinyStarcoder2 = `{"model_type": "starcoder2", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2,
		"num_hidden_layers": 2, "max_position_embeddings": 32, "sliding_window": 8, "vocab_size": 50, "eos_token_id": 3, "hidden_act": "gelu_pytorch_tanh",
		"norm_epsilon": 1e-5, "use_bias": true, "rope_theta": 1e5}`
)

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", family()) }

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	const e, f, v, places, size = 16, 24, 50, 32, 4
	feed := int64(2*f*e + f + e)
	big := 4*e + (e+2*size)*(e+1) + e*e + e + feed
	two := 4*e + e*e + e + 2*(e*e/2+e/2) + e*e + e + feed
	for _, c := range []struct {
		name, config, change string
		want                 int64
	}{
		{"one key for all heads", tinyBigCode, ``, 2*big + v*e + places*e + 2*e},
		{"a key a head", tinyBigCode, `"multi_query": false`, 2*(big+(2*e-2*size)*(e+1)) + v*e + places*e + 2*e},
		{"a head of its own", tinyBigCode, `"tie_word_embeddings": false, "scale_attn_weights": false`, 2*big + 2*v*e + places*e + 2*e},
		{"other names", tinyBigCode, `"n_embd": null, "hidden_size": 16`, 2*big + v*e + places*e + 2*e},
		{"starcoder2", tinyStarcoder2, ``, 2*two + v*e + 2*e},
		{"starcoder2 without biases", tinyStarcoder2, `"use_bias": false`, 2*(two-4*e-f) + v*e + 2*e},
		{"starcoder2 with a head of its own", tinyStarcoder2, `"tie_word_embeddings": false, "sliding_window": null`, 2*two + 2*v*e + 2*e},
		{"starcoder2 with wide heads", tinyStarcoder2, `"head_dim": 8, "rope_theta": null, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}`,
			2*(two+3*e*e+2*e) + v*e + 2*e},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := family().Build(t.Context(), &model.BuildRequest{CheckpointConfig: familytest.Changed(t, c.config, c.change)})
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
			if r.GetMaxPositions() != places || r.GetVocabulary() != v || r.GetEos()[0] != 3 || r.GetPad() != 3 {
				t.Errorf("positions %d, vocabulary %d, eos %v, pad %d", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos(), r.GetPad())
			}
		})
	}
}

func TestPublishedSizes(t *testing.T) {
	familytest.PublishedSizes(t, family(), "GPTBigCodeForCausalLM", map[string]any{"model_type": "gpt_bigcode", "eos_token_id": 0})
	familytest.PublishedSizes(t, family(), "Starcoder2ForCausalLM", map[string]any{"model_type": "starcoder2", "eos_token_id": 0})
}

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, family()) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	t.Run("gpt_bigcode", func(t *testing.T) {
		familytest.Refusals(t, family(), tinyBigCode, [][2]string{
			{`"n_head": 5`, "multiple of n_head"},
			{`"n_head": 0`, "n_head is 0"},
			{`"n_embd": -16`, "n_embd is -16"},
			{`"hidden_size": 32`, "another name of the same"},
			{`"n_inner": 0`, "n_inner is 0"},
			{`"n_layer": 100000`, "n_layer is 100000"},
			{`"n_positions": 0`, "n_positions is 0"},
			{`"vocab_size": 3`, "eos_token_id is 3"},
			{`"vocab_size": "many"`, "vocab_size"},
			{`"activation_function": "mish"`, `"mish"`},
			{`"layer_norm_epsilon": 0`, "layer_norm_epsilon is 0"},
			{`"attn_pdrop": 1`, "attn_pdrop is 1"},
			{`"add_cross_attention": true`, "add_cross_attention is true"},
			{`"num_key_value_heads": 4`, "num_key_value_heads is 4, expected 1"},
			{`"multi_query": null`, "multi_query is null"},
			{`"scale_attn_by_inverse_layer_idx": true`, "scale_attn_by_inverse_layer_idx is true"},
			{`"model_type": "gpt2"`, `"gpt2"`},
		})
	})
	t.Run("starcoder2", func(t *testing.T) {
		familytest.Refusals(t, family(), tinyStarcoder2, [][2]string{
			{`"num_attention_heads": 3`, "multiple of num_attention_heads"},
			{`"num_attention_heads": 0`, "num_attention_heads is 0"},
			{`"num_key_value_heads": 3`, "multiple of num_key_value_heads"},
			{`"num_key_value_heads": 0`, "num_key_value_heads is 0"},
			{`"hidden_size": 12`, "head_dim is 3"},
			{`"head_dim": 5`, "head_dim is 5"},
			{`"head_dim": 0`, "head_dim is 0"},
			{`"intermediate_size": 0`, "intermediate_size is 0"},
			{`"num_hidden_layers": 0`, "num_hidden_layers is 0"},
			{`"max_position_embeddings": -1`, "max_position_embeddings is -1"},
			{`"sliding_window": 0`, "sliding_window is 0"},
			{`"sliding_window": 1`, "sliding_window is 1"},
			{`"rope_theta": 0`, "rope_theta is 0"},
			{`"rope_scaling": {"type": "linear", "factor": 2}`, "rope_scaling is"},
			{`"rope_parameters": {"rope_type": "yarn", "factor": 2}`, `"yarn"`},
			{`"rope_parameters": {"rope_type": "default", "factor": 2}`, "rope_parameters.factor is 2"},
			{`"rope_parameters": {"partial_rotary_factor": 0.5}`, "partial_rotary_factor is not 1"},
			{`"scale_attn_weights": false`, "scale_attn_weights is false"},
			{`"use_bias": null`, "use_bias is null"},
			{`"mlp_type": "gated"`, "mlp_type is"},
			{`"norm_type": "rms_norm"`, "norm_type is"},
			{`"layer_types": ["full_attention", "sliding_attention"]`, "layer_types is"},
			{`"hidden_act": "mish"`, `"mish"`},
			{`"norm_epsilon": 2`, "norm_epsilon is 2"},
			{`"residual_dropout": -0.1`, "residual_dropout is -0.1"},
			{`"eos_token_id": [1, 50]`, "eos_token_id is 50"},
		})
	})
}

func TestPromptsAreWrittenInTheFamilysTokens(t *testing.T) {
	for _, c := range []struct {
		name       string
		o          *model.PromptOptions
		text, rest string
	}{
		{"fine-tuned with buggy lines", &model.PromptOptions{FineTuned: true, BuggyLines: true},
			"<fim_prefix>int f(int n) {\n// bug start: \n    n--;\n// bug end \n<fim_suffix>", "    return n;\n}\n<fim_middle>"},
		{"base with buggy lines", &model.PromptOptions{BuggyLines: true},
			"<fim_prefix>int f(int n) {\n// buggy line:    n--;\n<fim_suffix>", "    return n;\n}\n<fim_middle>"},
		{"base without", &model.PromptOptions{}, "<fim_prefix>int f(int n) {\n<fim_suffix>", "    return n;\n}\n<fim_middle>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := familytest.Prompt(t, family(), c.o)
			if p.GetText() != c.text || len(p.GetRest()) != 1 || p.GetRest()[0] != c.rest {
				t.Errorf("prompt %q, then %q", p.GetText(), p.GetRest())
			}
		})
	}
}

func TestParityPrompts(t *testing.T) { familytest.Infill(t, family()) }

func TestUnknownSettingsAreRefused(t *testing.T) {
	familytest.RefusesSettings(t, family(), tinyBigCode, `{"suffix_first": 2}`)
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, family(), tinyBigCode, "n_positions")
	familytest.RefusesForeign(t, family(), tinyStarcoder2, "hidden_size")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, family(), tinyBigCode)
	familytest.EndsAsGenerateDoes(t, family(), tinyStarcoder2)
}

func TestHeadOfItsOwn(t *testing.T) {
	familytest.Heads(t, family(), tinyBigCode, "transformer.wte.weight", 16)
	familytest.Heads(t, family(), tinyStarcoder2, "model.embed_tokens.weight", 16)
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, family(), tinyBigCode, []string{"transformer.h.0.attn.bias", "transformer.h.1.attn.masked_bias"}, []string{
		"transformer.h.0.attn.q_norm.weight", "transformer.h.2.ln_1.bias", "transformer.h.0.attn.kv_attn.weight", "lm_head.bias",
	})
	familytest.Tensors(t, family(), tinyStarcoder2, []string{"model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"}, []string{
		"model.layers.2.input_layernorm.weight", "model.layers.0.self_attn.q_norm.weight", "model.layers.0.mlp.gate_proj.weight", "lm_head.bias",
	})
}

func FuzzBuild(f *testing.F) {
	familytest.FuzzBuild(f, family(), tinyBigCode, tinyStarcoder2, `{"model_type": "gpt_bigcode"}`, `{"model_type": "starcoder2"}`,
		`{"model_type": "gpt_bigcode", "n_embd": 65536, "n_head": 1024, "multi_query": false, "eos_token_id": null}`)
}

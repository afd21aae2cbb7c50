package main

import (
	"testing"

	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
	"harness/plugins/models/internal/familytest"
)

const tiny = `{"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 4, "num_hidden_layers": 2,
	"max_position_embeddings": 32, "vocab_size": 50, "eos_token_id": 3, "rms_norm_eps": 1e-5, "rope_theta": 1000000, "rope_scaling": null}`

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", family()) }

func TestPromptsAreWrittenInTheFamilysTokens(t *testing.T) {
	p := familytest.Prompt(t, family(), &model.PromptOptions{FineTuned: true, BuggyLines: true})
	const text, rest = "▁<PRE>int f(int n) {\n// bug start: \n    n--;\n// bug end \n▁<SUF>", "    return n;\n}\n▁<MID>"
	if p.GetText() != text || len(p.GetRest()) != 1 || p.GetRest()[0] != rest {
		t.Errorf("prompt %q, then %q", p.GetText(), p.GetRest())
	}
}

func TestParityPrompts(t *testing.T) { familytest.Infill(t, family()) }

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, family()) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	familytest.Refusals(t, family(), tiny, [][2]string{
		{`"model_type": "codegen"`, `"codegen"`},
		{`"num_attention_heads": 3`, "multiple of num_attention_heads"},
		{`"rope_scaling": {"type": "linear"}`, "factor is missing"},
		{`"rope_scaling": {"type": "su", "factor": 2}`, `"su"`},
	})
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	familytest.RefusesSettings(t, family(), tiny, `{"suffix_first": 2}`)
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, family(), tiny, "hidden_size")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, family(), tiny)
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, family(), tiny, []string{"model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"}, []string{
		"model.layers.0.self_attn.q_proj.bias", "model.layers.1.self_attn.q_norm.weight", "model.layers.2.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight_scale", "model.model.norm.weight", "lm_head.bias",
	})
}

func FuzzBuild(f *testing.F) { familytest.FuzzBuild(f, family(), tiny, `{"model_type": "llama"}`) }

package main

import (
	"strings"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/core/sdk/plugintest"
	"harness/plugins/models/internal/familytest"
)

const tiny = `{"model_type": "t5", "d_model": 16, "d_kv": 4, "d_ff": 24, "num_heads": 3, "num_layers": 2, "num_decoder_layers": 3,
	"vocab_size": 50, "decoder_start_token_id": 0, "eos_token_id": 2, "pad_token_id": 0, "feed_forward_proj": "relu"}`

func TestDescription(t *testing.T) { plugintest.Describe(t, "model", codet5{}) }

func TestBuildGivesTheNetworkOfTheConfig(t *testing.T) {
	const e, v, inner, ff, heads = 16, 50, 12, 24, 3
	attention := int64(4 * inner * e)
	for _, c := range []struct {
		change string
		feed   int64
	}{
		{``, 2 * ff * e},
		{`"feed_forward_proj": "gated-gelu"`, 3 * ff * e},
		{`"feed_forward_proj": "gated-silu", "tie_word_embeddings": false`, 3 * ff * e},
		{`"is_gated_act": true, "dense_act_fn": "gelu_new", "scale_decoder_outputs": false`, 3 * ff * e},
	} {
		t.Run(c.change, func(t *testing.T) {
			r, err := codet5{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: familytest.Changed(t, tiny, c.change)})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ir.Count(r.GetGraph(), &ir.Rewrite{Train: []string{"*"}})
			if err != nil {
				t.Fatal(err)
			}
			encoder := 2*(attention+c.feed+2*e) + e + 32*heads
			decoder := 3*(2*attention+c.feed+3*e) + e + 32*heads
			if want := v*e + encoder + decoder; got.All != want || got.Trainable != want {
				t.Errorf("counts %+v, want %d", got, want)
			}
			if r.GetMaxPositions() != 0 || r.GetVocabulary() != v || r.GetEos()[0] != 2 || r.GetTaskType() != "SEQ_2_SEQ_LM" {
				t.Errorf("positions %d, vocabulary %d, eos %v, task %s", r.GetMaxPositions(), r.GetVocabulary(), r.GetEos(), r.GetTaskType())
			}
		})
	}
}

func TestPublishedSizes(t *testing.T) {
	familytest.PublishedSizes(t, codet5{}, "T5ForConditionalGeneration", map[string]any{"model_type": "t5"})
}

func TestPublishedConfigsAreBuilt(t *testing.T) { familytest.AcceptsConfigs(t, codet5{}) }

func TestConfigOutOfRangeIsRefusedByName(t *testing.T) {
	familytest.Refusals(t, codet5{}, tiny, [][2]string{
		{`"num_heads": 0`, "num_heads is 0"},
		{`"d_model": -16`, "d_model is -16"},
		{`"d_kv": 100000`, "d_kv is 100000"},
		{`"d_ff": 0`, "d_ff is 0"},
		{`"num_layers": 100000`, "num_layers is 100000"},
		{`"num_decoder_layers": 0`, "num_decoder_layers is 0"},
		{`"vocab_size": 2`, "eos_token_id is 2"},
		{`"decoder_start_token_id": 50`, "decoder_start_token_id is 50"},
		{`"decoder_start_token_id": null`, "decoder_start_token_id is missing"},
		{`"pad_token_id": -1`, "pad_token_id is -1"},
		{`"feed_forward_proj": "mish"`, `"mish"`},
		{`"feed_forward_proj": "gated-gated-gelu"`, `"gated-gated-gelu"`},
		{`"dense_act_fn": "quick_gelu"`, `dense_act_fn is "quick_gelu"`},
		{`"layer_norm_epsilon": 0`, "layer_norm_epsilon"},
		{`"dropout_rate": 1`, "dropout_rate is 1"},
		{`"relative_attention_num_buckets": 3`, "relative_attention_num_buckets is 3"},
		{`"relative_attention_max_distance": 16`, "relative_attention_max_distance is 16"},
		{`"model_type": "llama"`, `"llama"`},
		{`"is_encoder_decoder": false`, "is_encoder_decoder is false"},
		{`"pad_token_id": null`, "pad_token_id is null"},
		{`"is_decoder": true`, "is_decoder is true"},
		{`"dropout_rate": null`, "dropout_rate is null"},
		{`"eos_token_id": [2, 99]`, "eos_token_id is 99"},
		{`"vocab_size": "many"`, "vocab_size"},
	})
}

func TestForeignConfigsAreRefused(t *testing.T) {
	familytest.RefusesForeign(t, codet5{}, tiny, "d_ff")
}

func TestEndTokensAreThoseOfGenerate(t *testing.T) {
	familytest.EndsAsGenerateDoes(t, codet5{}, tiny)
}

func TestHeadOfItsOwn(t *testing.T) {
	familytest.Heads(t, codet5{}, tiny, "shared.weight", 16)
}

func TestTrainingAndGenerationBeginAlike(t *testing.T) {
	for generation, want := range map[string]string{
		`{"eos_token_id": 2, "decoder_start_token_id": 0}`:                    "",
		`{"eos_token_id": 2, "bos_token_id": 1, "decoder_start_token_id": 0}`: "",
		`{"eos_token_id": 2}`:                              "",
		`{"eos_token_id": 2, "decoder_start_token_id": 1}`: "token 1",
		`{"eos_token_id": 2, "bos_token_id": 1}`:           "token 1",
	} {
		_, err := codet5{}.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(tiny), GenerationConfig: []byte(generation)})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", generation, err, want)
		}
	}
}

func TestTensorsThatNothingReadsAreRefused(t *testing.T) {
	familytest.Tensors(t, codet5{}, tiny, []string{"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"}, []string{
		"encoder.block.0.layer.1.DenseReluDense.wi_1.weight", "encoder.block.2.layer.0.layer_norm.weight", "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",
	})
}

func FuzzBuild(f *testing.F) {
	familytest.FuzzBuild(f, codet5{}, tiny, `{"model_type": "t5"}`,
		`{"model_type": "t5", "d_kv": 4096, "num_heads": 1024, "d_model": 65536, "decoder_start_token_id": 0}`)
}

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"harness/core/ir"
	"harness/plugins/models/internal/configjson"
)

// config is what config.json says, as far as it changes what is computed.
type config struct {
	ModelType     string              `json:"model_type"`
	Width         int64               `json:"d_model"`
	HeadSize      int64               `json:"d_kv"`
	Inner         int64               `json:"d_ff"`
	EncoderLayers int64               `json:"num_layers"`
	DecoderLayers *int64              `json:"num_decoder_layers"` // null: as many as the encoder has
	Heads         int64               `json:"num_heads"`
	Buckets       int64               `json:"relative_attention_num_buckets"`
	MaxDistance   int64               `json:"relative_attention_max_distance"`
	Dropout       float64             `json:"dropout_rate"`
	Epsilon       float64             `json:"layer_norm_epsilon"`
	Factor        float64             `json:"initializer_factor"`
	FeedForward   string              `json:"feed_forward_proj"`
	Gated         *bool               `json:"is_gated_act"`          // null: as feed_forward_proj says
	Function      *string             `json:"dense_act_fn"`          // null: as feed_forward_proj says
	ScalesOutput  *bool               `json:"scale_decoder_outputs"` // null: as tie_word_embeddings says
	Tied          *bool               `json:"tie_word_embeddings"`
	Vocabulary    int64               `json:"vocab_size"`
	Start         *int32              `json:"decoder_start_token_id"`
	EOS           configjson.TokenIDs `json:"eos_token_id"`
	Pad           int32               `json:"pad_token_id"`
}

// foreign are settings of T5's relatives, and when they mean nothing.
var foreign = map[string][]string{
	"is_decoder":                  {"false"},
	"is_encoder_decoder":          {"true"},
	"add_cross_attention":         {"false"},
	"encoder_layers":              nil,
	"num_experts":                 {"0"},
	"pruned_heads":                {"{}"},
	"quantization_config":         nil,
	"scalable_attention":          {"false"},
	"tie_encoder_decoder":         {"false"},
	"use_scaled_relative_encoder": {"false"},
}

// names are transformers' common names for T5's own.
var names = map[string]string{
	"hidden_size":         "d_model",
	"head_dim":            "d_kv",
	"num_attention_heads": "num_heads",
	"num_hidden_layers":   "num_layers",
}

// readConfig reads config.json and reports every value that is out of range.
func readConfig(text []byte) (config, error) {
	// Defaults of transformers' T5Config, for what a file leaves out.
	c := config{
		Width: 512, HeadSize: 64, Inner: 2048, EncoderLayers: 6, Heads: 8, Buckets: 32, MaxDistance: 128,
		Dropout: 0.1, Epsilon: 1e-6, Factor: 1, FeedForward: "relu", Vocabulary: 32128, EOS: configjson.TokenIDs{1},
	}
	text, err := configjson.Rename(text, names)
	if err != nil {
		return config{}, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return config{}, err
	}
	var p configjson.Problems
	p.Foreign(text, foreign)
	p.Check(c.ModelType == "t5", "model_type is %q, expected \"t5\"", c.ModelType)
	p.Within("d_model", c.Width, 1, 1<<16)
	p.Within("d_kv", c.HeadSize, 1, 1<<12)
	p.Within("d_ff", c.Inner, 1, 1<<20)
	p.Within("num_layers", c.EncoderLayers, 1, ir.MaxRepeat)
	p.Within("num_decoder_layers", c.decoderLayers(), 1, ir.MaxRepeat)
	p.Within("num_heads", c.Heads, 1, 1<<10)
	p.Within("relative_attention_num_buckets", c.Buckets, 4, 1<<16)
	// The decoder gives half of its buckets to the nearest distances.
	p.Within("relative_attention_max_distance", c.MaxDistance, c.Buckets/2+1, 1<<24)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	p.Rate("dropout_rate", c.Dropout)
	p.Between("layer_norm_epsilon", c.Epsilon, 0, 1)
	p.Between("initializer_factor", c.Factor, 0, 100)
	_, _, ok := c.feedForward()
	p.Check(ok, "%s, expected a function or \"gated-\" and a function, of %s", c.feedForwardText(), configjson.ActivationNames)
	p.Check(c.Start != nil, "decoder_start_token_id is missing: the decoder has no first token")
	if c.Start != nil {
		p.Tokens("decoder_start_token_id", []int32{*c.Start}, c.Vocabulary)
	}
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	p.Tokens("pad_token_id", []int32{c.Pad}, c.Vocabulary)
	return c, p.Err()
}

func (c config) decoderLayers() int64 {
	if c.DecoderLayers != nil {
		return *c.DecoderLayers
	}
	return c.EncoderLayers
}

// feedForward is what feed_forward_proj means: the function, and whether it
// gates a second product (T5 1.1). transformers saves both under names of
// their own too, which then decide.
func (c config) feedForward() (function ir.UnaryOp, gated, ok bool) {
	name, gated := strings.CutPrefix(c.FeedForward, "gated-")
	if gated && name == "gelu" {
		name = "gelu_new" // written so before the two had names
	}
	if c.Function != nil {
		name = *c.Function
	}
	if c.Gated != nil {
		gated = *c.Gated
	}
	function, ok = configjson.Activation(name)
	return function, gated, ok
}

// feedForwardText quotes what names the function.
func (c config) feedForwardText() string {
	if c.Function != nil {
		return fmt.Sprintf("dense_act_fn is %q", *c.Function)
	}
	return fmt.Sprintf("feed_forward_proj is %q", c.FeedForward)
}

// scalesOutput reports whether the decoder's output is scaled before the head.
// T5 1.1 does not, and says so by a flag of another name: transformers 5 ties
// the head to the table all the same.
func (c config) scalesOutput() bool {
	if c.ScalesOutput != nil {
		return *c.ScalesOutput
	}
	return c.Tied == nil || *c.Tied
}

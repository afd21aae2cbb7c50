package main

import (
	"fmt"
	"strings"

	"harness/core/ir"
	"harness/plugins/models/internal/configjson"
)

// config holds the settings of config.json that change the computation.
type config struct {
	Width         int64   `json:"d_model"`
	HeadSize      int64   `json:"d_kv"`
	Inner         int64   `json:"d_ff"`
	EncoderLayers int64   `json:"num_layers"`
	DecoderLayers *int64  `json:"num_decoder_layers"` // null: as many as the encoder has
	Heads         int64   `json:"num_heads"`
	Buckets       int64   `json:"relative_attention_num_buckets"`
	MaxDistance   int64   `json:"relative_attention_max_distance"`
	Dropout       float64 `json:"dropout_rate"`
	Epsilon       float64 `json:"layer_norm_epsilon"`
	Factor        float64 `json:"initializer_factor"`
	FeedForward   string  `json:"feed_forward_proj"`
	Gated         *bool   `json:"is_gated_act"`          // null: as feed_forward_proj says
	Function      *string `json:"dense_act_fn"`          // null: as feed_forward_proj says
	ScalesOutput  *bool   `json:"scale_decoder_outputs"` // null: as tie_word_embeddings says
	Tied          *bool   `json:"tie_word_embeddings"`
	Vocabulary    int64   `json:"vocab_size"`
	configjson.Roles
}

// rules lists the other settings that config.json may hold.
func rules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "t5",
		Architectures: []string{"T5ForConditionalGeneration", "T5WithLMHeadModel"},
		// transformers' common names for T5's own.
		Names: map[string]string{
			"hidden_size":         "d_model",
			"head_dim":            "d_kv",
			"num_attention_heads": "num_heads",
			"num_hidden_layers":   "num_layers",
		},
		// Settings of T5's relatives.
		Fixed: map[string][]string{
			"encoder_layers":              nil,
			"is_decoder":                  {"false"},
			"is_encoder_decoder":          {"true"},
			"num_experts":                 {"0", "null"},
			"scalable_attention":          {"false"},
			"use_scaled_relative_encoder": {"false"},
		},
		Unread: []string{"n_positions"},
	}
}

// start checks that generation and training begin with the same token.
func (c config) start(generating configjson.Roles) error {
	if start := generating.Start; start != nil && *start != *c.Start {
		return fmt.Errorf("generation_config.json starts the decoder with token %d (decoder_start_token_id, or bos_token_id if that is missing), "+
			"but config.json with %d; both must be the same, since training and generation use one token", *start, *c.Start)
	}
	return nil
}

// readConfig reads config.json and reports every value that is out of range.
func readConfig(text []byte) (config, error) {
	// Defaults of transformers' T5Config, for missing settings.
	c := config{
		Width: 512, HeadSize: 64, Inner: 2048, EncoderLayers: 6, Heads: 8, Buckets: 32, MaxDistance: 128,
		Dropout: 0.1, Epsilon: 1e-6, Factor: 1, FeedForward: "relu", Vocabulary: 32128,
		Roles: configjson.Roles{EOS: configjson.TokenIDs{1}, Pad: new(int32)},
	}
	p, err := configjson.Read(text, &c, rules())
	if err != nil {
		return config{}, err
	}
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
	p.Check(c.Pad != nil, "pad_token_id is null: training fills the decoder's input with it")
	if c.Pad != nil {
		p.Tokens("pad_token_id", []int32{*c.Pad}, c.Vocabulary)
	}
	return c, p.Err()
}

func (c config) decoderLayers() int64 {
	if c.DecoderLayers != nil {
		return *c.DecoderLayers
	}
	return c.EncoderLayers
}

// feedForward interprets feed_forward_proj: the function, and whether it gates
// a second product (T5 1.1). transformers also saves both as settings of their
// own, which take precedence.
func (c config) feedForward() (function ir.UnaryOp, gated, ok bool) {
	name, gated := strings.CutPrefix(c.FeedForward, "gated-")
	if gated && name == "gelu" {
		name = "gelu_new" // gelu_new's name in old files
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

// feedForwardText quotes the setting that names the function.
func (c config) feedForwardText() string {
	if c.Function != nil {
		return fmt.Sprintf("dense_act_fn is %q", *c.Function)
	}
	return fmt.Sprintf("feed_forward_proj is %q", c.FeedForward)
}

// scalesOutput reports whether the decoder's output is scaled before the head.
// T5 1.1 does not scale it, and signals that by a flag with another name. The
// flag does not decide whether the head is tied: if the checkpoint holds a head,
// the network uses it.
func (c config) scalesOutput() bool {
	if c.ScalesOutput != nil {
		return *c.ScalesOutput
	}
	return c.Tied == nil || *c.Tied
}

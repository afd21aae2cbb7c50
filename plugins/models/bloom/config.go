package main

import (
	"harness/core/ir"
	"harness/plugins/models/internal/configjson"
)

// config holds the settings of config.json that change the computation.
type config struct {
	Width         int64   `json:"hidden_size"`
	Heads         int64   `json:"n_head"`
	Layers        int64   `json:"n_layer"`
	Inner         *int64  `json:"n_inner"` // null: four times the width, as always
	Vocabulary    int64   `json:"vocab_size"`
	Epsilon       float64 `json:"layer_norm_epsilon"`
	Deviation     float64 `json:"initializer_range"`
	HiddenDropout float64 `json:"hidden_dropout"`
	AttnDropout   float64 `json:"attention_dropout"`
	PostNorm      bool    `json:"apply_residual_connection_post_layernorm"`
	Exact         bool    `json:"slow_but_exact"`
	Slices        int64   `json:"pretraining_tp"`
	Tied          bool    `json:"tie_word_embeddings"`
	configjson.Roles
}

// rules lists the other settings that config.json may hold.
func rules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "bloom",
		Architectures: []string{"BloomForCausalLM", "BloomModel"},
		// The published files use some of these.
		Names: map[string]string{
			"n_embed":             "hidden_size",
			"num_attention_heads": "n_head",
			"num_hidden_layers":   "n_layer",
		},
		Fixed: map[string][]string{
			"alibi":                    {"true"},
			"multi_query":              {"false"},
			"new_decoder_architecture": {"false"},
			"skip_bias_add":            {"true"},
			"skip_bias_add_qkv":        {"false"},
			"sliding_window":           nil,
		},
		// Settings of Megatron's training; seq_length is not a limit.
		Unread: []string{"attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "offset_alibi", "seq_length"},
	}
}

// readConfig reads config.json and reports every value that is out of range.
func readConfig(text []byte) (config, error) {
	// Defaults of transformers' BloomConfig, for missing settings.
	c := config{
		Width: 64, Heads: 8, Layers: 2, Vocabulary: 250880, Epsilon: 1e-5, Deviation: 0.02, Tied: true, Slices: 1,
		Roles: configjson.Roles{EOS: configjson.TokenIDs{2}},
	}
	p, err := configjson.Read(text, &c, rules())
	if err != nil {
		return config{}, err
	}
	p.Within("hidden_size", c.Width, 1, 1<<16)
	p.Within("n_head", c.Heads, 1, 1<<10)
	p.Within("n_layer", c.Layers, 1, ir.MaxRepeat)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	if c.Heads > 0 {
		p.Check(c.Width%c.Heads == 0, "hidden_size is %d, expected a multiple of n_head, %d", c.Width, c.Heads)
	}
	if c.Inner != nil {
		p.Check(*c.Inner == 4*c.Width, "n_inner is %d, expected four times hidden_size, %d", *c.Inner, 4*c.Width)
	}
	// With both, transformers sums slices of two products without their biases.
	p.Check(!c.Exact || c.Slices <= 1, "slow_but_exact is true with a pretraining_tp of %d, expected false or 1", c.Slices)
	p.Between("layer_norm_epsilon", c.Epsilon, 0, 1)
	p.Between("initializer_range", c.Deviation, 0, 10)
	p.Rate("hidden_dropout", c.HiddenDropout)
	p.Rate("attention_dropout", c.AttnDropout)
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	return c, p.Err()
}

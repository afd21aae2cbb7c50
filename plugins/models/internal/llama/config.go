package llama

import (
	"harness/core/ir"
	"harness/plugins/models/internal/configjson"
)

// config holds the settings of config.json that change the computation.
type config struct {
	Width         int64    `json:"hidden_size"`
	Inner         int64    `json:"intermediate_size"`
	Layers        int64    `json:"num_hidden_layers"`
	Heads         int64    `json:"num_attention_heads"`
	KeyValueHeads *int64   `json:"num_key_value_heads"` // null: as many as heads
	HeadSize      *int64   `json:"head_dim"`            // null: width / heads
	Positions     int64    `json:"max_position_embeddings"`
	Vocabulary    int64    `json:"vocab_size"`
	Activation    string   `json:"hidden_act"`
	Epsilon       float64  `json:"rms_norm_eps"`
	Deviation     float64  `json:"initializer_range"`
	AttentionBias bool     `json:"attention_bias"`
	InnerBias     bool     `json:"mlp_bias"`
	AttnDropout   *float64 `json:"attention_dropout"`
	TiedEmbedding bool     `json:"tie_word_embeddings"`
	LayerTypes    []string `json:"layer_types"`
	configjson.Roles
	rope
}

// rules lists the other settings that config.json may hold.
func rules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "llama",
		Architectures: []string{"LlamaForCausalLM"},
		// Settings of Llama's relatives.
		Fixed: map[string][]string{
			"activation":              {`"swiglu"`},
			"alibi":                   {"false"},
			"attn_logit_softcapping":  nil,
			"embedding_multiplier":    {"1"},
			"final_logit_softcapping": nil,
			"logits_scaling":          {"1"},
			"no_rope_layers":          {"null", "[]"},
			"num_experts":             {"0", "null"},
			"num_local_experts":       {"0", "null"},
			"qk_layer_norms":          {"false"},
			"qk_norm":                 {"false"},
			"residual_multiplier":     {"1"},
			"rope_interleaved":        {"false"},
			"sliding_window":          nil,
			"use_qk_norm":             {"false"},
			"use_sliding_window":      {"false"},
		},
		// pretraining_tp splits products into slices and sums them.
		Unread: []string{"is_llama_config", "max_sequence_length", "pretraining_tp"},
	}
}

// readConfig reads config.json and reports every value that is out of range.
func readConfig(text []byte) (*config, error) {
	// Defaults of transformers' LlamaConfig, for missing settings.
	c := &config{
		Width: 4096, Inner: 11008, Layers: 32, Heads: 32, Positions: 2048, Vocabulary: 32000,
		Activation: "silu", Epsilon: 1e-6, Deviation: 0.02, Roles: configjson.Roles{EOS: configjson.TokenIDs{2}},
	}
	p, err := configjson.Read(text, c, rules())
	if err != nil {
		return nil, err
	}
	p.Within("hidden_size", c.Width, 1, 1<<16)
	p.Within("intermediate_size", c.Inner, 1, 1<<20)
	p.Within("num_hidden_layers", c.Layers, 1, ir.MaxRepeat)
	p.Within("num_attention_heads", c.Heads, 1, 1<<12)
	p.Within("num_key_value_heads", c.keyValueHeads(), 1, 1<<12)
	p.Within("max_position_embeddings", c.Positions, 1, 1<<24)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	_, ok := configjson.Activation(c.Activation)
	p.Check(ok, "hidden_act is %q, expected %s", c.Activation, configjson.ActivationNames)
	p.Between("rms_norm_eps", c.Epsilon, 0, 1)
	p.Between("initializer_range", c.Deviation, 0, 10)
	p.Rate("attention_dropout", c.attentionDropout())
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	for i, kind := range c.LayerTypes {
		p.Check(kind == "full_attention", "layer_types: layer %d is %q, expected \"full_attention\"", i, kind)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if err := c.checkHeads(); err != nil {
		return nil, err
	}
	if _, _, err := c.frequencies(); err != nil {
		return nil, err
	}
	return c, nil
}

// checkHeads checks whether sizes that are each within range fit together.
func (c *config) checkHeads() error {
	var p configjson.Problems
	p.Check(c.Width%c.Heads == 0, "hidden_size is %d, expected a multiple of num_attention_heads, %d", c.Width, c.Heads)
	p.Check(c.Heads%c.keyValueHeads() == 0, "num_attention_heads is %d, expected a multiple of num_key_value_heads, %d", c.Heads, c.keyValueHeads())
	size := c.headSize()
	p.Check(size >= 2 && size <= 1<<12 && size%2 == 0, "head_dim is %d, expected an even number from 2 to %d", size, 1<<12)
	return p.Err()
}

func (c *config) keyValueHeads() int64 {
	if c.KeyValueHeads != nil {
		return *c.KeyValueHeads
	}
	return c.Heads
}

func (c *config) headSize() int64 {
	if c.HeadSize != nil {
		return *c.HeadSize
	}
	return c.Width / c.Heads
}

func (c *config) attentionDropout() float64 {
	if c.AttnDropout != nil {
		return *c.AttnDropout
	}
	return 0
}

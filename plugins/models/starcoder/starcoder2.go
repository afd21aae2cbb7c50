package main

import (
	"fmt"
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
	"harness/plugins/models/internal/modules"
)

// starcoder2 holds the settings of Starcoder2's config.json that change the
// computation.
type starcoder2 struct {
	Width         int64   `json:"hidden_size"`
	Inner         int64   `json:"intermediate_size"`
	Layers        int64   `json:"num_hidden_layers"`
	Heads         int64   `json:"num_attention_heads"`
	KeyValueHeads int64   `json:"num_key_value_heads"`
	HeadSize      *int64  `json:"head_dim"` // null: width / heads
	Positions     int64   `json:"max_position_embeddings"`
	Vocabulary    int64   `json:"vocab_size"`
	Activation    string  `json:"hidden_act"`
	Epsilon       float64 `json:"norm_epsilon"`
	Deviation     float64 `json:"initializer_range"`
	EmbedDropout  float64 `json:"embedding_dropout"`
	ResidDropout  float64 `json:"residual_dropout"`
	AttnDropout   float64 `json:"attention_dropout"`
	Window        *int64  `json:"sliding_window"` // null: none
	Biased        bool    `json:"use_bias"`
	Tied          bool    `json:"tie_word_embeddings"`
	configjson.Roles
	// Older files have rope_theta, newer ones rope_parameters.
	Theta          *float64        `json:"rope_theta"`
	RopeParameters *ropeParameters `json:"rope_parameters"`
}

// ropeParameters are the parameters of rotary positions without scaling.
type ropeParameters struct {
	Kind    string   `json:"rope_type"`
	Theta   *float64 `json:"rope_theta"`
	Partial *float64 `json:"partial_rotary_factor"`
}

// starcoder2Rules lists the other settings that config.json may hold.
func starcoder2Rules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "starcoder2",
		Architectures: []string{"Starcoder2ForCausalLM"},
		Fixed: map[string][]string{
			"alibi":                 {"false"},
			"layer_types":           nil,
			"mlp_type":              {`"default"`},
			"norm_type":             {`"layer_norm"`},
			"num_experts":           {"0", "null"},
			"partial_rotary_factor": {"1"},
			"rope_scaling":          nil,
			"scale_attn_weights":    {"true"},
		},
		// Precision, which is f32 here, and names that older code used;
		// hidden_act and norm_epsilon replace them.
		Unread: []string{
			"activation_function", "attention_softmax_in_fp32", "layer_norm_epsilon", "scale_attention_softmax_in_fp32",
		},
	}
}

func readStarcoder2(text []byte) (starcoder2, error) {
	// Defaults of transformers' Starcoder2Config, for missing settings.
	c := starcoder2{
		Width: 3072, Inner: 12288, Layers: 30, Heads: 24, KeyValueHeads: 2, Positions: 4096, Vocabulary: 49152,
		Activation: "gelu_pytorch_tanh", Epsilon: 1e-5, Deviation: 0.018042, Biased: true, Tied: true,
		Roles: configjson.Roles{EOS: configjson.TokenIDs{50256}},
	}
	p, err := configjson.Read(text, &c, starcoder2Rules())
	if err != nil {
		return starcoder2{}, err
	}
	p.Within("hidden_size", c.Width, 1, 1<<16)
	p.Within("intermediate_size", c.Inner, 1, 1<<20)
	p.Within("num_hidden_layers", c.Layers, 1, ir.MaxRepeat)
	p.Within("num_attention_heads", c.Heads, 1, 1<<10)
	p.Within("num_key_value_heads", c.KeyValueHeads, 1, 1<<10)
	p.Within("max_position_embeddings", c.Positions, 1, 1<<24)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	if c.Heads > 0 && c.KeyValueHeads > 0 {
		p.Check(c.HeadSize != nil || c.Width%c.Heads == 0, "hidden_size is %d, expected a multiple of num_attention_heads, %d", c.Width, c.Heads)
		p.Check(c.Heads%c.KeyValueHeads == 0, "num_attention_heads is %d, expected a multiple of num_key_value_heads, %d", c.Heads, c.KeyValueHeads)
		p.Check(c.headSize() >= 2 && c.headSize()%2 == 0 && c.headSize() <= 1<<12, "head_dim is %d, expected an even number from 2 to %d", c.headSize(), 1<<12)
	}
	if c.Window != nil {
		// With 1, transformers' cache keeps everything while it generates.
		p.Within("sliding_window", *c.Window, 2, 1<<24)
	}
	_, ok := configjson.Activation(c.Activation)
	p.Check(ok, "hidden_act is %q, expected %s", c.Activation, configjson.ActivationNames)
	p.Between("norm_epsilon", c.Epsilon, 0, 1)
	p.Between("initializer_range", c.Deviation, 0, 10)
	p.Between("rope_theta", c.theta(), 0, 1e30)
	if rope := c.RopeParameters; rope != nil {
		p.Check(rope.Kind == "" || rope.Kind == "default", "rope_parameters: the kind is %q, expected \"default\"", rope.Kind)
		p.Check(rope.Partial == nil || *rope.Partial == 1, "rope_parameters: partial_rotary_factor is not 1: Starcoder2 rotates whole heads")
	}
	p.Rate("embedding_dropout", c.EmbedDropout)
	p.Rate("residual_dropout", c.ResidDropout)
	p.Rate("attention_dropout", c.AttnDropout)
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	return c, p.Err()
}

func (c starcoder2) headSize() int64 {
	if c.HeadSize != nil {
		return *c.HeadSize
	}
	return c.Width / c.Heads
}

func (c starcoder2) theta() float64 {
	switch {
	case c.RopeParameters != nil && c.RopeParameters.Theta != nil:
		return *c.RopeParameters.Theta
	case c.Theta != nil:
		return *c.Theta
	}
	return 10000
}

func (c starcoder2) response(request *model.BuildRequest) (*model.BuildResponse, error) {
	roles, err := c.Generating(request, c.Vocabulary)
	if err != nil {
		return nil, err
	}
	graph, err := c.graph(request)
	if err != nil {
		return nil, fmt.Errorf("config.json describes no valid network: %w", err)
	}
	return &model.BuildResponse{
		Graph:        graph,
		MaxPositions: c.Positions,
		Vocabulary:   c.Vocabulary,
		Eos:          roles.EOS,
		Pad:          roles.Padding(c.Vocabulary),
		// PEFT has no defaults for this architecture.
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.self_attn.q_proj", "*.self_attn.v_proj"}},
			"ia3":             {Patterns: []string{"*.self_attn.k_proj", "*.self_attn.v_proj", "*.mlp.c_proj"}},
			"ia3.feedforward": {Patterns: []string{"*.mlp.c_proj"}},
		},
	}, nil
}

// graph is Starcoder2ForCausalLM, with the names of its modules.
func (c starcoder2) graph(request *model.BuildRequest) (*ir.Graph, error) {
	m := modules.Builder{Builder: ir.NewBuilder("starcoder2"), Layers: c.Layers, Deviation: c.Deviation, Epsilon: c.Epsilon, Request: request}
	// Older files hold the rotary frequencies.
	m.Buffers("model.layers.*.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq")
	table, head := m.Table("model.embed_tokens", c.Tied, c.Vocabulary, c.Width)
	d := m.Decoder()
	x := d.Embedding("model.embed_tokens", ir.Tokens, table)
	x = d.Dropout("model.embedding_dropout", x, c.EmbedDropout)
	x = d.Repeat(int(c.Layers), "model.layers", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		const at = "model.layers.{i}."
		attended := c.attention(m, n, at+"self_attn.", m.LayerNorm(n, at+"input_layernorm", x, c.Width))
		x = n.Add(at+"attended", x, n.Dropout(at+"self_attn.residual_dropout", attended, c.ResidDropout))
		function, _ := configjson.Activation(c.Activation)
		h := m.LayerNorm(n, at+"post_attention_layernorm", x, c.Width)
		h = n.Unary(at+"mlp.act", function, m.Linear(n, at+"mlp.c_fc", h, c.Inner, c.Width, c.Biased))
		h = m.Linear(n, at+"mlp.c_proj", h, c.Width, c.Inner, c.Biased)
		return n.Add(at+"output", x, n.Dropout(at+"mlp.residual_dropout", h, c.ResidDropout))
	})
	x = m.LayerNorm(&d.Nodes, "model.norm", x, c.Width)
	d.Output(d.Linear("lm_head", x, head))
	return m.Graph()
}

func (c starcoder2) attention(m modules.Builder, n *ir.Nodes, at string, x ir.Value) ir.Value {
	size := c.headSize()
	heads := func(module, name string, count int64) ir.Value {
		return n.Reshape(at+name, m.Linear(n, at+module, x, count*size, c.Width, c.Biased), count, size)
	}
	turned := func(name string, v ir.Value) ir.Value {
		return n.Rotary(at+name, v, &ir.Rotary{Dimensions: size, Theta: c.theta()})
	}
	query, key := heads("q_proj", "query", c.Heads), heads("k_proj", "key", c.KeyValueHeads)
	value := heads("v_proj", "value", c.KeyValueHeads)
	op := &ir.Attention{Mask: ir.Causal, Scale: 1 / math.Sqrt(float64(size)), Dropout: c.AttnDropout}
	if c.Window != nil {
		op.Window = *c.Window
	}
	context := n.Attention(at+"attention", turned("query_rotated", query), turned("key_rotated", key), value, op)
	return m.Linear(n, at+"o_proj", n.Reshape(at+"merged", context, c.Heads*size), c.Width, c.Heads*size, c.Biased)
}

package main

import (
	"fmt"
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
	"harness/plugins/models/internal/modules"
)

// bigCode holds the settings of GPTBigCode's config.json that change the
// computation.
type bigCode struct {
	Width        int64   `json:"n_embd"`
	Heads        int64   `json:"n_head"`
	Layers       int64   `json:"n_layer"`
	Inner        *int64  `json:"n_inner"` // null: four times the width
	Positions    int64   `json:"n_positions"`
	Vocabulary   int64   `json:"vocab_size"`
	Activation   string  `json:"activation_function"`
	Epsilon      float64 `json:"layer_norm_epsilon"`
	Deviation    float64 `json:"initializer_range"`
	EmbedDropout float64 `json:"embd_pdrop"`
	ResidDropout float64 `json:"resid_pdrop"`
	AttnDropout  float64 `json:"attn_pdrop"`
	MultiQuery   bool    `json:"multi_query"`
	KeyHeads     *int64  `json:"num_key_value_heads"` // null: as multi_query says
	Scaled       bool    `json:"scale_attn_weights"`
	Tied         bool    `json:"tie_word_embeddings"`
	configjson.Roles
}

// bigCodeRules lists the other settings that config.json may hold.
func bigCodeRules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "gpt_bigcode",
		Architectures: []string{"GPTBigCodeForCausalLM"},
		Names: map[string]string{
			"hidden_size":             "n_embd",
			"max_position_embeddings": "n_positions",
			"num_attention_heads":     "n_head",
			"num_hidden_layers":       "n_layer",
		},
		Fixed: map[string][]string{
			"reorder_and_upcast_attn":         {"false"},
			"scale_attn_by_inverse_layer_idx": {"false"},
			"sliding_window":                  nil,
		},
		// Precision, which is f32 here, and settings of an inference engine.
		Unread: []string{
			"attention_softmax_in_fp32", "inference_runner", "max_batch_size", "max_sequence_length", "n_ctx", "pad_key_length",
			"pre_allocate_kv_cache", "scale_attention_softmax_in_fp32", "validate_runner_input",
		},
	}
}

func readBigCode(text []byte) (bigCode, error) {
	// Defaults of transformers' GPTBigCodeConfig, for missing settings.
	c := bigCode{
		Width: 768, Heads: 12, Layers: 12, Positions: 1024, Vocabulary: 50257,
		Activation: "gelu_pytorch_tanh", Epsilon: 1e-5, Deviation: 0.02,
		EmbedDropout: 0.1, ResidDropout: 0.1, AttnDropout: 0.1,
		MultiQuery: true, Scaled: true, Tied: true, Roles: configjson.Roles{EOS: configjson.TokenIDs{50256}},
	}
	p, err := configjson.Read(text, &c, bigCodeRules())
	if err != nil {
		return bigCode{}, err
	}
	p.Within("n_embd", c.Width, 1, 1<<16)
	p.Within("n_head", c.Heads, 1, 1<<10)
	p.Within("n_layer", c.Layers, 1, ir.MaxRepeat)
	p.Within("n_inner", c.inner(), 1, 1<<20)
	p.Within("n_positions", c.Positions, 1, 1<<20)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	if c.Heads > 0 {
		p.Check(c.Width%c.Heads == 0, "n_embd is %d, expected a multiple of n_head, %d", c.Width, c.Heads)
	}
	if c.KeyHeads != nil {
		heads := c.Heads
		if c.MultiQuery {
			heads = 1
		}
		p.Check(*c.KeyHeads == heads, "num_key_value_heads is %d, expected %d as multi_query is %t", *c.KeyHeads, heads, c.MultiQuery)
	}
	_, ok := configjson.Activation(c.Activation)
	p.Check(ok, "activation_function is %q, expected %s", c.Activation, configjson.ActivationNames)
	p.Between("layer_norm_epsilon", c.Epsilon, 0, 1)
	p.Between("initializer_range", c.Deviation, 0, 10)
	p.Rate("embd_pdrop", c.EmbedDropout)
	p.Rate("resid_pdrop", c.ResidDropout)
	p.Rate("attn_pdrop", c.AttnDropout)
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	return c, p.Err()
}

func (c bigCode) inner() int64 {
	if c.Inner != nil {
		return *c.Inner
	}
	return 4 * c.Width
}

func (c bigCode) response(request *model.BuildRequest) (*model.BuildResponse, error) {
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
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.attn.c_attn"}},
			"ia3":             {Patterns: []string{"*.attn.c_attn", "*.mlp.c_proj"}},
			"ia3.feedforward": {Patterns: []string{"*.mlp.c_proj"}},
		},
	}, nil
}

// graph is GPTBigCodeForCausalLM, with the names of its modules.
func (c bigCode) graph(request *model.BuildRequest) (*ir.Graph, error) {
	m := modules.Builder{Builder: ir.NewBuilder("gpt_bigcode"), Layers: c.Layers, Deviation: c.Deviation, Epsilon: c.Epsilon, Request: request}
	// Older files hold masks, as GPT-2's files do.
	m.Buffers("transformer.h.*.attn.bias", "transformer.h.*.attn.masked_bias")
	table, head := m.Table("transformer.wte", c.Tied, c.Vocabulary, c.Width)
	places := m.Weight("transformer.wpe", c.Positions, c.Width)
	d := m.Decoder()
	x := d.Add("transformer.embedded", d.Embedding("transformer.wte", ir.Tokens, table), d.Embedding("transformer.wpe", ir.Positions, places))
	x = d.Dropout("transformer.drop", x, c.EmbedDropout)
	x = d.Repeat(int(c.Layers), "transformer.h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		const at = "transformer.h.{i}."
		attended := c.attention(m, n, at+"attn.", m.LayerNorm(n, at+"ln_1", x, c.Width))
		x = n.Add(at+"attended", n.Dropout(at+"attn.resid_dropout", attended, c.ResidDropout), x)
		function, _ := configjson.Activation(c.Activation)
		h := m.Linear(n, at+"mlp.c_fc", m.LayerNorm(n, at+"ln_2", x, c.Width), c.inner(), c.Width, true)
		h = m.Linear(n, at+"mlp.c_proj", n.Unary(at+"mlp.act", function, h), c.Width, c.inner(), true)
		return n.Add(at+"output", x, n.Dropout(at+"mlp.dropout", h, c.ResidDropout))
	})
	x = m.LayerNorm(&d.Nodes, "transformer.ln_f", x, c.Width)
	d.Output(d.Linear("lm_head", x, head))
	return m.Graph()
}

// attention splits c_attn's output. With multi_query it holds all queries, then
// one key and one value for all heads; without, it holds query, key and value
// head by head.
func (c bigCode) attention(m modules.Builder, n *ir.Nodes, at string, x ir.Value) ir.Value {
	size := c.Width / c.Heads
	var query, key, value ir.Value
	if c.MultiQuery {
		all := m.Linear(n, at+"c_attn", x, c.Width+2*size, c.Width, true)
		part := func(name string, start, heads int64) ir.Value {
			return n.Reshape(at+name, n.Slice(at+name+"_part", all, 0, start, start+heads*size), heads, size)
		}
		query, key, value = part("query", 0, c.Heads), part("key", c.Width, 1), part("value", c.Width+size, 1)
	} else {
		all := n.Reshape(at+"split", m.Linear(n, at+"c_attn", x, 3*c.Width, c.Width, true), c.Heads, 3*size)
		part := func(name string, i int64) ir.Value { return n.Slice(at+name, all, 1, i*size, (i+1)*size) }
		query, key, value = part("query", 0), part("key", 1), part("value", 2)
	}
	scale := 1.0
	if c.Scaled {
		scale = 1 / math.Sqrt(float64(size))
	}
	context := n.Attention(at+"attention", query, key, value, &ir.Attention{Mask: ir.Causal, Scale: scale, Dropout: c.AttnDropout})
	return m.Linear(n, at+"c_proj", n.Reshape(at+"merged", context, c.Width), c.Width, c.Width, true)
}

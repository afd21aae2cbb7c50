package main

import (
	"encoding/json"
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
	"harness/plugins/models/internal/modules"
)

// bigCode is config.json of GPTBigCode, as far as it changes what is computed.
type bigCode struct {
	Width        int64               `json:"n_embd"`
	Heads        int64               `json:"n_head"`
	Layers       int64               `json:"n_layer"`
	Inner        *int64              `json:"n_inner"` // null: four times the width
	Positions    int64               `json:"n_positions"`
	Vocabulary   int64               `json:"vocab_size"`
	Activation   string              `json:"activation_function"`
	Epsilon      float64             `json:"layer_norm_epsilon"`
	Deviation    float64             `json:"initializer_range"`
	EmbedDropout float64             `json:"embd_pdrop"`
	ResidDropout float64             `json:"resid_pdrop"`
	AttnDropout  float64             `json:"attn_pdrop"`
	MultiQuery   bool                `json:"multi_query"`
	Scaled       bool                `json:"scale_attn_weights"`
	Tied         bool                `json:"tie_word_embeddings"`
	EOS          configjson.TokenIDs `json:"eos_token_id"`
	Pad          *int32              `json:"pad_token_id"`
}

// bigCodeForeign are settings of GPT-2 and its relatives, and when they mean
// nothing.
var bigCodeForeign = map[string][]string{
	"add_cross_attention":             {"false"},
	"is_encoder_decoder":              {"false"},
	"pruned_heads":                    {"{}"},
	"quantization_config":             nil,
	"reorder_and_upcast_attn":         {"false"},
	"scale_attn_by_inverse_layer_idx": {"false"},
	"sliding_window":                  nil,
}

// bigCodeNames are transformers' common names for GPTBigCode's own.
var bigCodeNames = map[string]string{
	"hidden_size":             "n_embd",
	"max_position_embeddings": "n_positions",
	"num_attention_heads":     "n_head",
	"num_hidden_layers":       "n_layer",
}

func readBigCode(text []byte) (bigCode, error) {
	// Defaults of transformers' GPTBigCodeConfig, for what a file leaves out.
	c := bigCode{
		Width: 768, Heads: 12, Layers: 12, Positions: 1024, Vocabulary: 50257,
		Activation: "gelu_pytorch_tanh", Epsilon: 1e-5, Deviation: 0.02,
		EmbedDropout: 0.1, ResidDropout: 0.1, AttnDropout: 0.1,
		MultiQuery: true, Scaled: true, Tied: true, EOS: configjson.TokenIDs{50256},
	}
	text, err := configjson.Rename(text, bigCodeNames)
	if err != nil {
		return bigCode{}, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return bigCode{}, err
	}
	var p configjson.Problems
	p.Foreign(text, bigCodeForeign)
	p.Within("n_embd", c.Width, 1, 1<<16)
	p.Within("n_head", c.Heads, 1, 1<<10)
	p.Within("n_layer", c.Layers, 1, ir.MaxRepeat)
	p.Within("n_inner", c.inner(), 1, 1<<20)
	p.Within("n_positions", c.Positions, 1, 1<<20)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	if c.Heads > 0 {
		p.Check(c.Width%c.Heads == 0, "n_embd is %d, expected a multiple of n_head, %d", c.Width, c.Heads)
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

func (c bigCode) response() (*model.BuildResponse, error) {
	graph, err := c.graph()
	return &model.BuildResponse{
		Graph:        graph,
		MaxPositions: c.Positions,
		Vocabulary:   c.Vocabulary,
		Eos:          c.EOS,
		Pad:          configjson.Padding(c.Pad, c.EOS, c.Vocabulary),
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.attn.c_attn"}},
			"ia3":             {Patterns: []string{"*.attn.c_attn", "*.mlp.c_proj"}},
			"ia3.feedforward": {Patterns: []string{"*.mlp.c_proj"}},
		},
	}, err
}

// graph is GPTBigCodeForCausalLM, under its modules' names.
func (c bigCode) graph() (*ir.Graph, error) {
	m := modules.Builder{Builder: ir.NewBuilder("gpt_bigcode"), Layers: c.Layers, Deviation: c.Deviation, Epsilon: c.Epsilon}
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

// attention splits c_attn's output: behind each other all queries, one key and
// one value for all heads; or, without multi_query, head by head.
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

package main

import (
	"math"
	"strings"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
)

// config holds the settings of config.json that change the computation.
type config struct {
	Width         int64    `json:"n_embd"`
	Heads         int64    `json:"n_head"`
	Layers        int64    `json:"n_layer"`
	Inner         *int64   `json:"n_inner"` // null: four times the width
	RotaryDim     int64    `json:"rotary_dim"`
	Positions     int64    `json:"n_positions"`
	Vocabulary    int64    `json:"vocab_size"`
	Activation    string   `json:"activation_function"`
	Epsilon       float64  `json:"layer_norm_epsilon"`
	Deviation     *float64 `json:"initializer_range"`
	EmbedDropout  float64  `json:"embd_pdrop"`
	ResidDropout  float64  `json:"resid_pdrop"`
	AttnDropout   float64  `json:"attn_pdrop"`
	TiedEmbedding bool     `json:"tie_word_embeddings"`
	// Source says where the file comes from.
	Source string `json:"_name_or_path"`
	configjson.Roles
}

// blocks is the number of blocks in the output of qkv_proj, the same for every
// size of the family: the number of accelerator cores used in training.
const blocks = 4

// rules lists the other settings that config.json may hold.
func rules() configjson.Rules {
	return configjson.Rules{
		ModelType:     "codegen",
		Architectures: []string{"CodeGenForCausalLM"},
		Names: map[string]string{
			"hidden_size":             "n_embd",
			"max_position_embeddings": "n_positions",
			"num_attention_heads":     "n_head",
			"num_hidden_layers":       "n_layer",
		},
		Fixed: map[string][]string{
			"reorder_and_upcast_attn":         {"false"},
			"scale_attn_by_inverse_layer_idx": {"false"},
			"scale_attn_weights":              {"true"},
		},
		Unread: []string{"n_ctx"},
	}
}

// secondSizes lists (width, layers, heads) of the CodeGen2 models whose sizes
// no CodeGen model has.
func secondSizes() [][3]int64 {
	return [][3]int64{{2048, 16, 16}, {4096, 16, 16}, {4096, 32, 16}}
}

// isSecond reports whether the file is CodeGen2's. CodeGen2's qkv_proj has
// eight blocks, but only its published code shows that, not its config.json.
func (c config) isSecond() bool {
	for _, size := range secondSizes() {
		if size == [3]int64{c.Width, c.Layers, c.Heads} {
			return true
		}
	}
	return strings.Contains(strings.ToLower(c.Source), "codegen2")
}

// readConfig reads config.json and reports every value that is out of range.
func readConfig(text []byte) (config, error) {
	// Defaults of transformers' CodeGenConfig, for missing settings.
	c := config{
		Width: 4096, Heads: 16, Layers: 28, RotaryDim: 64, Positions: 2048, Vocabulary: 50400,
		Activation: "gelu_new", Epsilon: 1e-5, Roles: configjson.Roles{EOS: configjson.TokenIDs{50256}},
	}
	p, err := configjson.Read(text, &c, rules())
	if err != nil {
		return config{}, err
	}
	p.Check(!c.isSecond(), "n_embd, n_layer and n_head are %d, %d and %d and _name_or_path is %q: this is CodeGen2, "+
		"which lays out attention in eight blocks; only CodeGen, with four blocks, is supported", c.Width, c.Layers, c.Heads, c.Source)
	p.Within("n_embd", c.Width, 1, 1<<16)
	p.Within("n_head", c.Heads, blocks, 1<<10)
	p.Within("n_layer", c.Layers, 1, ir.MaxRepeat)
	p.Within("n_positions", c.Positions, 1, 1<<20)
	p.Within("vocab_size", c.Vocabulary, 2, 1<<22)
	if c.Inner != nil {
		p.Within("n_inner", *c.Inner, 1, 1<<20)
	}
	if c.Heads > 0 && c.Width > 0 {
		p.Check(c.Heads%blocks == 0, "n_head is %d, expected a multiple of %d", c.Heads, blocks)
		p.Check(c.Width%c.Heads == 0, "n_embd is %d, expected a multiple of n_head, %d", c.Width, c.Heads)
		p.Check(c.RotaryDim >= 2 && c.RotaryDim%2 == 0 && c.RotaryDim <= c.Width/c.Heads,
			"rotary_dim is %d, expected an even number up to the head size %d", c.RotaryDim, c.Width/c.Heads)
	}
	_, ok := configjson.Activation(c.Activation)
	p.Check(ok, "activation_function is %q, expected %s", c.Activation, configjson.ActivationNames)
	p.Between("layer_norm_epsilon", c.Epsilon, 0, 1)
	if c.Deviation != nil {
		p.Between("initializer_range", *c.Deviation, 0, 10)
	}
	p.Rate("embd_pdrop", c.EmbedDropout)
	p.Rate("resid_pdrop", c.ResidDropout)
	p.Rate("attn_pdrop", c.AttnDropout)
	p.Tokens("eos_token_id", c.EOS, c.Vocabulary)
	return c, p.Err()
}

// graph is CodeGenForCausalLM, with the names of its modules, so that trained
// weights can be compared and saved under these names.
func (c config) graph(request *model.BuildRequest) (*ir.Graph, error) {
	deviation := 0.02
	if c.Deviation != nil {
		deviation = *c.Deviation
	}
	inner := 4 * c.Width
	if c.Inner != nil {
		inner = *c.Inner
	}
	b := ir.NewBuilder("codegen")
	// Masks in older files; their type depends on the version.
	b.Buffers("transformer.h.*.attn.causal_mask", "transformer.h.*.attn.masked_bias", "transformer.h.*.attn.bias")
	norm := func(name string, options ...ir.ParameterOption) (gain, bias ir.Value) {
		gain = b.Parameter(name+".weight", []int64{c.Width}, append(options, ir.From(name+".weight"), ir.Constant(1))...)
		bias = b.Parameter(name+".bias", []int64{c.Width}, append(options, ir.From(name+".bias"), ir.Constant(0))...)
		return gain, bias
	}
	const wte, lmHead = "transformer.wte.weight", "lm_head.weight"
	tied := configjson.Tied(request, c.TiedEmbedding, lmHead, wte)
	sources := []string{wte}
	if tied {
		sources = append(sources, lmHead)
	}
	table := b.Parameter(wte, []int64{c.Vocabulary, c.Width}, ir.From(sources...), ir.Normal(deviation))
	p := c.layerParameters(b, inner, deviation)
	gain, bias := norm("transformer.ln_f")

	d := b.Decoder()
	x := d.Embedding("transformer.wte", ir.Tokens, table)
	x = d.Dropout("transformer.drop", x, c.EmbedDropout)
	x = d.Repeat(int(c.Layers), "transformer.h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		return c.layer(n, x, p)
	})
	x = d.LayerNorm("transformer.ln_f", x, gain, c.Epsilon, bias)
	head := table
	if !tied {
		head = b.Parameter(lmHead, []int64{c.Vocabulary, c.Width}, ir.From(lmHead), ir.Normal(deviation))
	}
	d.Output(d.Linear("lm_head", x, head, b.Parameter("lm_head.bias", []int64{c.Vocabulary}, ir.From("lm_head.bias"), ir.Constant(0))))
	return b.Graph()
}

// layerParameters maps name suffixes to one layer's parameters.
type layerParameters map[string]ir.Value

const layerPrefix = "transformer.h.{i}."

func (c config) layerParameters(b *ir.Builder, inner int64, deviation float64) layerParameters {
	p := layerParameters{}
	add := func(name string, shape []int64, start ir.ParameterOption) {
		full := layerPrefix + name
		p[name] = b.Parameter(full, shape, ir.Templated(int(c.Layers)), ir.From(full), start)
	}
	matrix, zero, one := ir.Normal(deviation), ir.Constant(0), ir.Constant(1)
	add("ln_1.weight", []int64{c.Width}, one)
	add("ln_1.bias", []int64{c.Width}, zero)
	add("attn.qkv_proj.weight", []int64{3 * c.Width, c.Width}, matrix)
	add("attn.out_proj.weight", []int64{c.Width, c.Width}, matrix)
	add("mlp.fc_in.weight", []int64{inner, c.Width}, matrix)
	add("mlp.fc_in.bias", []int64{inner}, zero)
	add("mlp.fc_out.weight", []int64{c.Width, inner}, matrix)
	add("mlp.fc_out.bias", []int64{c.Width}, zero)
	return p
}

// layer is one block: x + attention(norm x) + feed-forward(norm x), with one
// norm for both.
func (c config) layer(n *ir.Nodes, x ir.Value, p layerParameters) ir.Value {
	at := func(name string) string { return layerPrefix + name }
	h := n.LayerNorm(at("ln_1"), x, p["ln_1.weight"], c.Epsilon, p["ln_1.bias"])

	// qkv_proj gives blocks of [query | value | key], each of heads/blocks heads.
	size := c.Width / c.Heads
	qkv := n.Linear(at("attn.qkv_proj"), h, p["attn.qkv_proj.weight"])
	split := n.Reshape(at("attn.split"), qkv, blocks, 3, c.Heads/blocks, size)
	part := func(name string, i int64) ir.Value {
		one := n.Slice(at("attn."+name+"_part"), split, 1, i, i+1)
		return n.Reshape(at("attn."+name), one, c.Heads, size)
	}
	query, value, key := part("query", 0), part("value", 1), part("key", 2)
	rotary := func(name string, v ir.Value) ir.Value {
		return n.Rotary(at("attn."+name), v, &ir.Rotary{Dimensions: c.RotaryDim, Theta: 10000, Interleaved: true})
	}
	context := n.Attention(at("attn.attention"), rotary("query_rotated", query), rotary("key_rotated", key), value,
		&ir.Attention{Mask: ir.Causal, Scale: 1 / math.Sqrt(float64(size)), Dropout: c.AttnDropout})
	attended := n.Linear(at("attn.out_proj"), n.Reshape(at("attn.merged"), context, c.Width), p["attn.out_proj.weight"])
	attended = n.Dropout(at("attn.resid_dropout"), attended, c.ResidDropout)

	inner := n.Linear(at("mlp.fc_in"), h, p["mlp.fc_in.weight"], p["mlp.fc_in.bias"])
	function, _ := configjson.Activation(c.Activation)
	inner = n.Unary(at("mlp.act"), function, inner)
	fed := n.Linear(at("mlp.fc_out"), inner, p["mlp.fc_out.weight"], p["mlp.fc_out.bias"])
	fed = n.Dropout(at("mlp.dropout"), fed, c.ResidDropout)

	return n.Add(at("output"), n.Add(at("branches"), attended, fed), x)
}

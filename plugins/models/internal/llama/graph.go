package llama

import (
	"fmt"
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
)

// Build builds the response of a family's Build from a checkpoint's
// configuration. Module names are those of LlamaForCausalLM, default targets
// those of PEFT.
func Build(r *model.BuildRequest) (*model.BuildResponse, error) {
	c, err := readConfig(r.GetCheckpointConfig())
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	roles, err := c.Generating(r, c.Vocabulary)
	if err != nil {
		return nil, err
	}
	graph, err := c.graph(r)
	if err != nil {
		return nil, fmt.Errorf("config.json describes no valid network: %w", err)
	}
	return &model.BuildResponse{
		Graph: graph,
		// Dynamic scaling changes the frequencies with the input's length, but
		// only beyond these positions.
		MaxPositions: c.Positions,
		Vocabulary:   c.Vocabulary,
		Eos:          roles.EOS,
		Pad:          roles.Padding(c.Vocabulary),
		Targets: map[string]*model.NodePatterns{
			"":                {Patterns: []string{"*.q_proj", "*.v_proj"}},
			"ia3":             {Patterns: []string{"*.k_proj", "*.v_proj", "*.down_proj"}},
			"ia3.feedforward": {Patterns: []string{"*.down_proj"}},
		},
		TaskType: "CAUSAL_LM",
	}, nil
}

// graph is LlamaForCausalLM.
func (c *config) graph(request *model.BuildRequest) (*ir.Graph, error) {
	b := ir.NewBuilder("llama")
	// Older files hold the rotary frequencies.
	b.Buffers("model.layers.*.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq")
	const embedding, lmHead = "model.embed_tokens.weight", "lm_head.weight"
	tied := configjson.Tied(request, c.TiedEmbedding, lmHead, embedding)
	sources := []string{embedding}
	if tied {
		sources = append(sources, lmHead)
	}
	table := b.Parameter(embedding, []int64{c.Vocabulary, c.Width}, ir.From(sources...), ir.Normal(c.Deviation))
	l, err := c.newLayer(b)
	if err != nil {
		return nil, err
	}
	gain := b.Parameter("model.norm.weight", []int64{c.Width}, ir.From("model.norm.weight"), ir.Constant(1))
	head := table
	if !tied {
		head = b.Parameter(lmHead, []int64{c.Vocabulary, c.Width}, ir.From(lmHead), ir.Normal(c.Deviation))
	}
	d := b.Decoder()
	x := d.Embedding("model.embed_tokens", ir.Tokens, table)
	x = d.Repeat(int(c.Layers), "model.layers", x, l.write)
	x = d.RMSNorm("model.norm", x, gain, c.Epsilon)
	d.Output(d.Linear("lm_head", x, head))
	return b.Graph()
}

// layer writes one block: attention, then the gated feed-forward part, each
// after a norm and with a residual connection.
type layer struct {
	*config
	rotary                 *ir.Rotary
	inputNorm, innerNorm   ir.Value
	query, key, value, out projection
	gate, up, down         projection
}

// projection is a linear layer's name and parameters.
type projection struct {
	name   string
	weight ir.Value
	bias   []ir.Value // at most one
}

func (p projection) apply(n *ir.Nodes, x ir.Value) ir.Value {
	return n.Linear(p.name, x, p.weight, p.bias...)
}

const layerPrefix = "model.layers.{i}."

func (c *config) newLayer(b *ir.Builder) (*layer, error) {
	frequencies, amplitude, err := c.frequencies()
	if err != nil {
		return nil, err
	}
	l := &layer{config: c, rotary: &ir.Rotary{Dimensions: c.headSize(), Frequencies: frequencies, Amplitude: amplitude}}
	add := func(name string, start ir.ParameterOption, shape ...int64) ir.Value {
		return b.Parameter(name, shape, ir.Templated(int(c.Layers)), ir.From(name), start)
	}
	project := func(name string, in, out int64, bias bool) projection {
		p := projection{name: layerPrefix + name}
		p.weight = add(p.name+".weight", ir.Normal(c.Deviation), out, in)
		if bias {
			p.bias = append(p.bias, add(p.name+".bias", ir.Constant(0), out))
		}
		return p
	}
	queries, keys := c.Heads*c.headSize(), c.keyValueHeads()*c.headSize()
	l.inputNorm = add(layerPrefix+"input_layernorm.weight", ir.Constant(1), c.Width)
	l.query = project("self_attn.q_proj", c.Width, queries, c.AttentionBias)
	l.key = project("self_attn.k_proj", c.Width, keys, c.AttentionBias)
	l.value = project("self_attn.v_proj", c.Width, keys, c.AttentionBias)
	l.out = project("self_attn.o_proj", queries, c.Width, c.AttentionBias)
	l.innerNorm = add(layerPrefix+"post_attention_layernorm.weight", ir.Constant(1), c.Width)
	l.gate = project("mlp.gate_proj", c.Width, c.Inner, c.InnerBias)
	l.up = project("mlp.up_proj", c.Width, c.Inner, c.InnerBias)
	l.down = project("mlp.down_proj", c.Inner, c.Width, c.InnerBias)
	return l, nil
}

func (l *layer) write(n *ir.Nodes, x ir.Value) ir.Value {
	h := n.RMSNorm(layerPrefix+"input_layernorm", x, l.inputNorm, l.Epsilon)
	x = n.Add(layerPrefix+"attended", x, l.attention(n, h))
	h = n.RMSNorm(layerPrefix+"post_attention_layernorm", x, l.innerNorm, l.Epsilon)
	function, _ := configjson.Activation(l.Activation)
	gate := n.Unary(layerPrefix+"mlp.act_fn", function, l.gate.apply(n, h))
	inner := n.Multiply(layerPrefix+"mlp.gated", gate, l.up.apply(n, h))
	return n.Add(layerPrefix+"output", x, l.down.apply(n, inner))
}

func (l *layer) attention(n *ir.Nodes, h ir.Value) ir.Value {
	at := func(name string) string { return layerPrefix + "self_attn." + name }
	size := l.headSize()
	query := n.Reshape(at("query"), l.query.apply(n, h), l.Heads, size)
	key := n.Reshape(at("key"), l.key.apply(n, h), l.keyValueHeads(), size)
	value := n.Reshape(at("value"), l.value.apply(n, h), l.keyValueHeads(), size)
	query = n.Rotary(at("query_rotated"), query, l.rotary)
	key = n.Rotary(at("key_rotated"), key, l.rotary)
	context := n.Attention(at("attention"), query, key, value,
		&ir.Attention{Mask: ir.Causal, Scale: 1 / math.Sqrt(float64(size)), Dropout: l.attentionDropout()})
	return l.out.apply(n, n.Reshape(at("merged"), context, l.Heads*size))
}

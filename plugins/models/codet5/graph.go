package main

import (
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/configjson"
)

// graph is T5ForConditionalGeneration, with the names of its modules, so that
// trained weights can be compared and saved under these names.
func (c config) graph(request *model.BuildRequest) (*ir.Graph, error) {
	b := ir.NewBuilder("t5")
	// Old checkpoints hold a bias for cross-attention, which uses no bias.
	b.Buffers("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight")
	// Both stacks share one table, and so does the head unless the checkpoint
	// has a separate one, as T5 1.1 checkpoints do. Files of torch hold the table
	// under all its names, safetensors files under one of them.
	const lmHead = "lm_head.weight"
	names := []string{"shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}
	tied := configjson.Tied(request, true, lmHead, names...)
	if tied {
		names = append(names, lmHead)
	}
	table := b.Parameter("shared.weight", []int64{c.Vocabulary, c.Width}, ir.Normal(c.Factor), ir.From(names...))
	head := table
	if !tied {
		// As transformers initializes it.
		head = b.Parameter(lmHead, []int64{c.Vocabulary, c.Width}, ir.Normal(c.Factor), ir.From(lmHead))
	}

	encoder := c.stack(b, "encoder", c.EncoderLayers)
	e := b.Encoder()
	e.Output(encoder.run(e, table))

	decoder := c.stack(b, "decoder", c.decoderLayers())
	d := b.Decoder()
	x := decoder.run(d, table)
	if c.scalesOutput() {
		x = d.Scale("decoder.output_scaled", x, 1/math.Sqrt(float64(c.Width)))
	}
	d.Output(d.Linear("lm_head", x, head))

	g, err := b.Graph()
	if err == nil {
		g.DecoderStart = *c.Start
	}
	return g, err
}

// stack is one of the two towers.
type stack struct {
	config
	b       *ir.Builder
	name    string // encoder, decoder
	layers  int64
	crosses bool
	// bias is the table of relative position biases. Only the first block's
	// module has it; all blocks use it.
	bias ir.Value
	norm ir.Value // of the output
}

func (c config) stack(b *ir.Builder, name string, layers int64) *stack {
	s := &stack{config: c, b: b, name: name, layers: layers, crosses: name == "decoder"}
	bias := name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"
	s.bias = b.Parameter(bias, []int64{c.Buckets, c.Heads}, ir.From(bias), ir.Normal(c.Factor/math.Sqrt(float64(c.Width))))
	norm := name + ".final_layer_norm.weight"
	s.norm = b.Parameter(norm, []int64{c.Width}, ir.From(norm), ir.Constant(c.Factor))
	return s
}

// run writes the whole stack.
func (s *stack) run(b *ir.StackBuilder, table ir.Value) ir.Value {
	x := b.Embedding(s.name+".embed_tokens", ir.Tokens, table)
	x = b.Dropout(s.name+".embed_dropout", x, s.Dropout)
	x = b.Repeat(int(s.layers), s.name+".block", x, s.block)
	x = b.RMSNorm(s.name+".final_layer_norm", x, s.norm, s.Epsilon)
	return b.Dropout(s.name+".dropout", x, s.Dropout)
}

// parameter adds a parameter that every block has.
func (s *stack) parameter(name string, start ir.ParameterOption, shape ...int64) ir.Value {
	return s.b.Parameter(name, shape, ir.Templated(int(s.layers)), ir.From(name), start)
}

// block is self-attention, cross-attention (in the decoder) and the
// feed-forward part, each after a norm and with a residual connection.
func (s *stack) block(n *ir.Nodes, x ir.Value) ir.Value {
	at := s.name + ".block.{i}.layer."
	x = s.residual(n, at+"0", x, func(h ir.Value) ir.Value { return s.selfAttention(n, at+"0.SelfAttention.", h) })
	if !s.crosses {
		return s.residual(n, at+"1", x, func(h ir.Value) ir.Value { return s.feed(n, at+"1.DenseReluDense.", h) })
	}
	x = s.residual(n, at+"1", x, func(h ir.Value) ir.Value { return s.crossAttention(n, at+"1.EncDecAttention.", h) })
	return s.residual(n, at+"2", x, func(h ir.Value) ir.Value { return s.feed(n, at+"2.DenseReluDense.", h) })
}

func (s *stack) residual(n *ir.Nodes, name string, x ir.Value, part func(ir.Value) ir.Value) ir.Value {
	gain := s.parameter(name+".layer_norm.weight", ir.Constant(s.Factor), s.Width)
	y := part(n.RMSNorm(name+".layer_norm", x, gain, s.Epsilon))
	return n.Add(name+".output", x, n.Dropout(name+".dropout", y, s.config.Dropout))
}

func (s *stack) selfAttention(n *ir.Nodes, at string, h ir.Value) ir.Value {
	mask := ir.Full
	if s.crosses {
		mask = ir.Causal
	}
	return s.attention(n, at, h, h, &ir.Attention{
		Mask: mask,
		RelativeBias: &ir.RelativeBias{
			Buckets: int32(s.Buckets), MaxDistance: int32(s.MaxDistance), Bidirectional: !s.crosses,
		},
	}, s.bias)
}

func (s *stack) crossAttention(n *ir.Nodes, at string, h ir.Value) ir.Value {
	return s.attention(n, at, h, ir.EncoderOutput, &ir.Attention{Mask: ir.Cross})
}

// attention has no scale: T5 folds the scale into the initial weights.
func (s *stack) attention(n *ir.Nodes, at string, from, to ir.Value, op *ir.Attention, bias ...ir.Value) ir.Value {
	inner := s.Heads * s.HeadSize
	heads := func(name, as string, x ir.Value, deviation float64) ir.Value {
		w := s.parameter(at+name+".weight", ir.Normal(s.Factor*deviation), inner, s.Width)
		return n.Reshape(at+as, n.Linear(at+name, x, w), s.Heads, s.HeadSize)
	}
	width := 1 / math.Sqrt(float64(s.Width))
	query := heads("q", "query", from, width/math.Sqrt(float64(s.HeadSize)))
	key := heads("k", "key", to, width)
	value := heads("v", "value", to, width)
	op.Scale, op.Dropout = 1, s.config.Dropout
	context := n.Reshape(at+"merged", n.Attention(at+"attention", query, key, value, op, bias...), inner)
	w := s.parameter(at+"o.weight", ir.Normal(s.Factor/math.Sqrt(float64(inner))), s.Width, inner)
	return n.Linear(at+"o", context, w)
}

func (s *stack) feed(n *ir.Nodes, at string, h ir.Value) ir.Value {
	into := func(name string) ir.Value {
		w := s.parameter(at+name+".weight", ir.Normal(s.Factor/math.Sqrt(float64(s.Width))), s.Inner, s.Width)
		return n.Linear(at+name, h, w)
	}
	function, gated, _ := s.feedForward()
	var x ir.Value
	if gated {
		x = n.Unary(at+"act", function, into("wi_0"))
		x = n.Multiply(at+"gated", x, into("wi_1"))
	} else {
		x = n.Unary(at+"act", function, into("wi"))
	}
	x = n.Dropout(at+"dropout", x, s.config.Dropout)
	w := s.parameter(at+"wo.weight", ir.Normal(s.Factor/math.Sqrt(float64(s.Inner))), s.Width, s.Inner)
	return n.Linear(at+"wo", x, w)
}

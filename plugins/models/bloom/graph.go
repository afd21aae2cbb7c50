package main

import (
	"math"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/modules"
)

// graph is BloomForCausalLM, with the names of its modules. Published files
// omit the prefix of the module names.
func (c config) graph(request *model.BuildRequest) (*ir.Graph, error) {
	m := modules.Builder{
		Builder: ir.NewBuilder("bloom"), Layers: c.Layers, Deviation: c.Deviation, Epsilon: c.Epsilon, Prefix: "transformer.", Request: request,
	}
	table, head := m.Table("transformer.word_embeddings", c.Tied, c.Vocabulary, c.Width)
	d := m.Decoder()
	x := d.Embedding("transformer.word_embeddings", ir.Tokens, table)
	x = m.LayerNorm(&d.Nodes, "transformer.word_embeddings_layernorm", x, c.Width)
	x = d.Repeat(int(c.Layers), "transformer.h", x, func(n *ir.Nodes, x ir.Value) ir.Value { return c.layer(m, n, x) })
	x = m.LayerNorm(&d.Nodes, "transformer.ln_f", x, c.Width)
	d.Output(d.Linear("lm_head", x, head))
	return m.Graph()
}

// layer is attention and the feed-forward part, each after a norm. The residual
// of each is its input or, if the config asks for it, the norm of its input.
func (c config) layer(m modules.Builder, n *ir.Nodes, x ir.Value) ir.Value {
	const at = "transformer.h.{i}."
	residual := func(x, normed ir.Value) ir.Value {
		if c.PostNorm {
			return normed
		}
		return x
	}
	h := m.LayerNorm(n, at+"input_layernorm", x, c.Width)
	attended := n.Dropout(at+"self_attention.dropout", c.attention(m, n, at+"self_attention.", h), c.HiddenDropout)
	x = n.Add(at+"attended", attended, residual(x, h))

	h = m.LayerNorm(n, at+"post_attention_layernorm", x, c.Width)
	fed := n.Unary(at+"mlp.gelu_impl", ir.GELUTanh, m.Linear(n, at+"mlp.dense_h_to_4h", h, 4*c.Width, c.Width, true))
	fed = m.Linear(n, at+"mlp.dense_4h_to_h", fed, c.Width, 4*c.Width, true)
	return n.Add(at+"output", n.Dropout(at+"mlp.dropout", fed, c.HiddenDropout), residual(x, h))
}

// attention splits the output of query_key_value, which holds query, key and
// value of the first head, then those of the next head, and so on.
func (c config) attention(m modules.Builder, n *ir.Nodes, at string, h ir.Value) ir.Value {
	size := c.Width / c.Heads
	all := m.Linear(n, at+"query_key_value", h, 3*c.Width, c.Width, true)
	split := n.Reshape(at+"split", all, c.Heads, 3*size)
	part := func(name string, i int64) ir.Value { return n.Slice(at+name, split, 1, i*size, (i+1)*size) }
	context := n.Attention(at+"attention", part("query", 0), part("key", 1), part("value", 2), &ir.Attention{
		Mask: ir.Causal, Scale: 1 / math.Sqrt(float64(size)), Alibi: true, Dropout: c.AttnDropout,
	})
	return m.Linear(n, at+"dense", n.Reshape(at+"merged", context, c.Width), c.Width, c.Width, true)
}

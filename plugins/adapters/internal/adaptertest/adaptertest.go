// Package adaptertest is a small network for the tests of adapters: templated
// layers with and without biases, weights stored either way, two modules whose
// names end alike, and checkpoint names that are not the graph's.
package adaptertest

import (
	"testing"

	"harness/core/ir"
)

// Layers is how often the templated layers exist.
const Layers = 2

// Network has, a layer, q [6,4] with a bias, o [6→4, stored in,out], and
// mlp.o [4,4]; and a head of its own. In the checkpoint q is
// model.h.{i}.q_proj, and so on.
func Network(t testing.TB) *ir.Graph {
	t.Helper()
	b := ir.NewBuilder("n")
	table := b.Parameter("wte", []int64{9, 4}, ir.From("model.wte.weight"), ir.Constant(1))
	layer := func(name, source string, shape ...int64) ir.Value {
		return b.Parameter("h.{i}."+name, shape, ir.Templated(Layers), ir.From("model.h.{i}."+source), ir.Normal(1))
	}
	gain, shift := layer("ln.weight", "ln.weight", 4), layer("ln.bias", "ln.bias", 4)
	w, bias := layer("q.weight", "q_proj.weight", 6, 4), layer("q.bias", "q_proj.bias", 6)
	o := layer("o.weight", "o_proj.weight", 6, 4)
	mlp := layer("mlp.o.weight", "mlp.o_proj.weight", 4, 4)
	head := b.Parameter("head.weight", []int64{9, 4}, ir.From("head.weight"))
	d := b.Decoder()
	x := d.Embedding("embed", ir.Tokens, table)
	x = d.Repeat(Layers, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value {
		q := n.Linear("h.{i}.q", n.LayerNorm("h.{i}.ln", x, gain, 1e-5, shift), w, bias)
		y := n.LinearInOut("h.{i}.o", q, o)
		return n.Add("h.{i}.out", x, n.Linear("h.{i}.mlp.o", y, mlp))
	})
	d.Output(d.Linear("lm_head", x, head))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

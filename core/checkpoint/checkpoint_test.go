package checkpoint_test

import (
	"strings"
	"testing"

	"harness/core/checkpoint"
	"harness/core/ir"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// network is a decoder of two layers whose head is its table.
func network(t *testing.T) *ir.Program {
	t.Helper()
	b := ir.NewBuilder("small")
	b.Buffers("h.*.mask")
	table := b.Parameter("wte.weight", []int64{8, 4}, ir.From("wte.weight", "old.wte.weight"), ir.Normal(1))
	inner := b.Parameter("h.{i}.w", []int64{4, 4}, ir.Templated(2), ir.From("h.{i}.w"), ir.Normal(1))
	fresh := b.Parameter("fresh", []int64{4}, ir.Constant(1))
	d := b.Decoder()
	x := d.Embedding("wte", ir.Tokens, table)
	x = d.Repeat(2, "h", x, func(n *ir.Nodes, x ir.Value) ir.Value { return n.Linear("h.{i}", x, inner) })
	d.Output(d.Linear("head", d.Multiply("scaled", x, fresh), table))
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	p, err := ir.Expand(g)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tensor(name string, d safetensors.DType, shape ...int) snapshot.Tensor {
	return snapshot.Tensor{Info: safetensors.Info{Name: name, DType: d, Shape: shape}}
}

func same(t snapshot.Tensor, as string) snapshot.Tensor {
	t.SameAs = as
	return t
}

func TestCheck(t *testing.T) {
	const f32 = safetensors.F32
	good := func() []snapshot.Tensor {
		return []snapshot.Tensor{tensor("h.0.w", f32, 4, 4), tensor("h.1.w", safetensors.BF16, 4, 4), tensor("wte.weight", f32, 8, 4)}
	}
	with := func(more ...snapshot.Tensor) []snapshot.Tensor { return append(good(), more...) }
	many := good()
	for i := range 20 {
		many = append(many, tensor(ir.At("h.9.x{i}", i), f32, 4))
	}
	for _, c := range []struct {
		name    string
		tensors []snapshot.Tensor
		want    []string // none: it fits
	}{
		{"fits", good(), nil},
		{"another name", append(good()[:2], tensor("old.wte.weight", f32, 8, 4)), nil},
		{"buffers of any type", with(tensor("h.0.mask", safetensors.Bool, 1, 1, 9, 9), tensor("h.1.mask", safetensors.U8), tensor("h.7.mask", f32)), nil},
		{"both names, equal", with(same(tensor("old.wte.weight", f32, 8, 4), "wte.weight")), nil},
		{"a copy of the table", with(same(tensor("lm_head.weight", f32, 8, 4), "wte.weight")), nil},
		{"both names, different", with(tensor("old.wte.weight", f32, 8, 4)), []string{`"wte.weight" and "old.wte.weight" differ`}},
		{"a head of its own", with(tensor("lm_head.weight", f32, 8, 4)), []string{`a tensor that no parameter reads: "lm_head.weight" (F32 [8 4])`, "another network"}},
		{"a copy of a layer", with(same(tensor("h.2.w", f32, 4, 4), "h.0.w")), []string{`"h.2.w"`}},
		{"a mask elsewhere", with(tensor("mask", safetensors.Bool, 1)), []string{`"mask" (BOOL [1])`}},
		{"a bias", with(tensor("h.0.bias", f32, 4), tensor("h.1.bias", f32, 4)), []string{`2 tensors that no parameter reads: "h.0.bias"`, `"h.1.bias"`}},
		{"many", many, []string{"20 tensors", `"h.9.x0"`, `"h.9.x5"`, "…"}},
		{"a scale", with(tensor("h.0.weight_scale", f32, 1)), []string{`"h.0.weight_scale"`, "quantized", "BF16"}},
		{"a layer missing", good()[1:], []string{`no tensor "h.0.w" for parameter "h.0.w"`}},
		{"a table missing", good()[:2], []string{`no tensor "wte.weight" or "old.wte.weight"`}},
		{"a shape", append(good()[:2], tensor("wte.weight", f32, 4, 8)), []string{`"wte.weight" has the shape [4 8]`, "needs [8 4]"}},
		{"integers", append(good()[1:], tensor("h.0.w", safetensors.I8, 4, 4)), []string{`"h.0.w"`, "I8"}},
		{"nothing", nil, []string{`no tensor "h.0.w"`, `no tensor "h.1.w"`, `no tensor "wte.weight"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := checkpoint.Check(network(t), c.tensors)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error is %v, want one with %q", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %s", err, want)
				}
			}
		})
	}
	if err := checkpoint.Check(network(t), many); strings.Contains(err.Error(), "x19") {
		t.Errorf("the message lists all: %v", err)
	}
}

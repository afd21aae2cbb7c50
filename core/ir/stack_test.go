package ir_test

import (
	"strings"
	"testing"

	"harness/core/ir"
)

func TestStackableNamesWhatDiffers(t *testing.T) {
	p := rewritten(t, lora())
	trained, err := p.Trainable(lora().GetTrain())
	if err != nil {
		t.Fatal(err)
	}
	differs, err := p.Stackable(trained)
	if err != nil {
		t.Fatal(err)
	}
	if len(differs) != len(trained) {
		t.Errorf("%d values differ, LoRA has %d parameters and reads them as they are", len(differs), len(trained))
	}

	b := ir.NewRewrite()
	scale := b.Parameter("h.{i}.scale", []int64{12, 1}, ir.Templated(3))
	b.Replace("h.{i}.attn.qkv", func(n *ir.Nodes, x ir.Value) ir.Value {
		return n.Multiply("h.{i}.scaled", x, n.Reshape("h.{i}.vector", scale, 12))
	})
	b.Train("h.{i}.norm.weight")
	p = rewritten(t, b.Rewrite())
	if trained, err = p.Trainable(b.Rewrite().GetTrain()); err != nil {
		t.Fatal(err)
	}
	if differs, err = p.Stackable(trained); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"h.1.scale": true, "h.1.vector": true, "h.2.norm.weight": true, "h.1.attn.qkv": false, "h.1.attn.qkv.weight": false} {
		if differs[name] != want {
			t.Errorf("%s differs between trainings: %v, want %v", name, differs[name], want)
		}
	}
}

func TestStackableSaysWhyNot(t *testing.T) {
	const qkv = "h.{i}.attn.qkv"
	for _, c := range []struct {
		name    string
		rewrite func(b *ir.RewriteBuilder)
		want    []string
	}{
		{"a table of embeddings", func(b *ir.RewriteBuilder) { b.Train("wte.weight") }, []string{`"wte"`, "embedding", `"wte.weight"`}},
		{"a product of two weights", func(b *ir.RewriteBuilder) {
			x, y := b.Parameter("h.{i}.x", []int64{12, 2}, ir.Templated(3)), b.Parameter("h.{i}.y", []int64{2, 4}, ir.Templated(3))
			b.Replace(qkv, func(n *ir.Nodes, _ ir.Value) ir.Value {
				return n.Linear("h.{i}.own", "h.{i}.norm", n.MatMul("h.{i}.product", x, y, false, false))
			})
		}, []string{`"h.0.product"`, "matmul", `"h.0.x"`}},
		{"a sum over a weight", func(b *ir.RewriteBuilder) {
			x := b.Parameter("h.{i}.x", []int64{12, 2}, ir.Templated(3))
			b.Replace(qkv, func(n *ir.Nodes, y ir.Value) ir.Value {
				return n.Add("h.{i}.own", y, n.Reduce("h.{i}.sum", x, ir.Sum, 1, false))
			})
		}, []string{`"h.0.sum"`, "(sum)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ir.NewRewrite()
			c.rewrite(b)
			p := rewritten(t, b.Rewrite())
			trained, err := p.Trainable(b.Rewrite().GetTrain())
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Stackable(trained)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %s", err, want)
				}
			}
		})
	}
}

// rewritten is the tiny graph's program after a rewrite.
func rewritten(t *testing.T, r *ir.Rewrite) *ir.Program {
	t.Helper()
	g, err := ir.Apply(tiny(t), r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ir.Expand(g)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

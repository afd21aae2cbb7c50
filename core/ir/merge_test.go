package ir_test

import (
	"slices"
	"strings"
	"testing"

	"harness/core/ir"
)

func TestMergeFindsLayersAndDirectlyTrainedParameters(t *testing.T) {
	r := lora()
	r.Train = append(r.Train, "h.{i}.norm.weight")
	folds, trained, err := ir.Merge(tiny(t), r)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"h.0.norm.weight", "h.1.norm.weight", "h.2.norm.weight"}; !slices.Equal(trained, want) {
		t.Errorf("%v train directly, want %v", trained, want)
	}
	if len(folds) != 3 {
		t.Fatalf("%d layers fold, want 3", len(folds))
	}
	f := folds[1]
	if f.Node != "h.1.attn.qkv" || f.Input != "h.1.norm" || f.Weight != "h.1.attn.qkv.weight" || f.Bias != "h.1.attn.qkv.bias" || f.In != 4 || f.Out != 12 {
		t.Errorf("the second layer is %+v", f)
	}
	if last := f.Steps[len(f.Steps)-1]; last.Name != f.Node || len(f.Steps) != 4 || len(f.Parameters) != 4 {
		t.Errorf("%d steps of %d parameters end in %s", len(f.Steps), len(f.Parameters), last.Name)
	}
	if folds, trained, err := ir.Merge(tiny(t), nil); err != nil || len(folds)+len(trained) != 0 {
		t.Errorf("without a rewrite: %v, %v, %v", folds, trained, err)
	}
}

func TestMergeRefusesByName(t *testing.T) {
	const qkv = "h.{i}.attn.qkv"
	for _, c := range []struct {
		name    string
		rewrite func(b *ir.RewriteBuilder)
		want    []string
	}{
		{"a function that is not affine", func(b *ir.RewriteBuilder) {
			b.Replace(qkv, func(n *ir.Nodes, x ir.Value) ir.Value { return n.Unary("h.{i}.bent", ir.ReLU, x) })
		}, []string{`node "h.0.attn.qkv"`, "relu"}},
		{"a product of the input with itself", func(b *ir.RewriteBuilder) {
			b.Replace(qkv, func(n *ir.Nodes, x ir.Value) ir.Value { return n.Multiply("h.{i}.squared", x, x) })
		}, []string{`node "h.0.attn.qkv"`, "multiply"}},
		{"another layer's input", func(b *ir.RewriteBuilder) {
			w := b.Parameter("h.{i}.w", []int64{12, 4}, ir.Templated(3))
			b.Replace(qkv, func(n *ir.Nodes, x ir.Value) ir.Value {
				return n.Add("h.{i}.sum", x, n.Linear("h.{i}.beside", "h", w))
			})
		}, []string{`"wte"`, "own input"}},
		{"a node without a weight", func(b *ir.RewriteBuilder) {
			b.Replace("h.{i}.norm", func(n *ir.Nodes, x ir.Value) ir.Value { return n.Scale("h.{i}.scaled", x, 2) })
		}, []string{"h.0.norm", "rms_norm"}},
		{"a weight that others read", func(b *ir.RewriteBuilder) {
			b.Replace("head", func(n *ir.Nodes, x ir.Value) ir.Value { return n.Scale("scaled", x, 2) })
		}, []string{`"wte"`, `"wte.weight"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ir.NewRewrite()
			c.rewrite(b)
			_, _, err := ir.Merge(tiny(t), b.Rewrite())
			if err == nil {
				t.Fatal("it is merged")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
	moved := lora()
	moved.FirstPosition = 5
	if _, _, err := ir.Merge(tiny(t), moved); err == nil || !strings.Contains(err.Error(), "positions by 5") {
		t.Errorf("moved positions: %v", err)
	}
}

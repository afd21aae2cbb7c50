package ir_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/ir"
)

// TestCost counts tiny by hand: 3 layers of a Linear 4 → 12 and an attention
// of 2 heads of 2, then a head 4 → 10.
func TestCost(t *testing.T) {
	rewritten, err := ir.Apply(tiny(t), lora())
	if err != nil {
		t.Fatal(err)
	}
	const (
		qkv  = 2 * 4 * 12   // FLOPs a position
		head = 2 * 4 * 10   //
		pair = 4 * 2 * 2    // FLOPs for a query and a key, both heads
		low  = 2 * 4 * 2    // LoRA's first product
		high = 2 * 2 * 12   // and its second
		full = 3 * qkv * 8  // all layers, two rows of four
		attn = 3 * pair * 2 // all layers, two rows, times queries · keys
	)
	for name, test := range map[string]struct {
		graph  *ir.Graph
		train  []string
		extent ir.Extent
		want   ir.Cost
	}{
		"nothing trains": {
			tiny(t), nil, ir.Extent{Rows: 2, Tokens: 4},
			ir.Cost{Forward: full + attn*16 + head*8, Layers: full + attn*16},
		},
		"one label of four: queries of the last layer and the head are for it alone": {
			tiny(t), nil, ir.Extent{Rows: 2, Tokens: 4, Picked: 1},
			ir.Cost{Forward: full + 2*pair*2*16 + pair*2*4 + head*2, Layers: full + 2*pair*2*16 + pair*2*4},
		},
		"a decoding step": {
			tiny(t), nil, ir.Extent{Rows: 2, Tokens: 1, Keys: 9},
			ir.Cost{Forward: 3*qkv*2 + attn*9 + head*2, Layers: 3*qkv*2 + attn*9},
		},
		"biases train": {
			tiny(t), []string{"h.{i}.attn.qkv.bias"}, ir.Extent{Rows: 1, Tokens: 1},
			// The biases need no product; behind them gradients flow through
			// attention, the head's input and the layers above the first.
			ir.Cost{Forward: 3*qkv + 3*pair + head, Layers: 3*qkv + 3*pair, Backward: 2*qkv + 3*2*pair + head},
		},
		"lora": {
			rewritten, lora().Train, ir.Extent{Rows: 1, Tokens: 1},
			ir.Cost{
				Forward: 3*(qkv+low+high+pair) + head, Layers: 3 * (qkv + low + high + pair),
				// In the first layer nothing before A trains; in the others
				// gradients reach the layer below through both paths.
				Backward: 3*(low+2*high+2*pair) + 2*(qkv+low) + head,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ir.Expand(test.graph)
			if err != nil {
				t.Fatal(err)
			}
			trained, err := p.Trainable(test.train)
			if err != nil {
				t.Fatal(err)
			}
			got := p.Cost(trained, test.extent)
			flops := ir.Cost{Forward: got.Forward, Backward: got.Backward, Layers: got.Layers}
			if diff := cmp.Diff(test.want, flops); diff != "" {
				t.Errorf("FLOPs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCostSizes(t *testing.T) {
	p, err := ir.Expand(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	got := p.Cost(nil, ir.Extent{Rows: 2, Tokens: 4, Picked: 3})
	// Keys and values of two heads of two in each of three layers; what enters
	// the layers is 4 wide; 10 logits for each label.
	want := ir.Cost{Cache: 3 * 2 * 4, Carried: 2*4*4 + 2*4*4 + 2*4*4, Logits: 2 * 3 * 10}
	sizes := ir.Cost{Cache: got.Cache, CrossCache: got.CrossCache, Carried: got.Carried, Logits: got.Logits, Products: got.Products}
	if diff := cmp.Diff(want, sizes); diff != "" {
		t.Errorf("sizes (-want +got):\n%s", diff)
	}
	if got.Layer <= 0 || got.Saved < 2*got.Layer {
		t.Errorf("the largest layer has %d elements and all %d", got.Layer, got.Saved)
	}
}

package ir_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
)

// A graph and a rewrite are whatever a plugin sends.
func FuzzApply(f *testing.F) {
	add := func(g *ir.Graph, r *ir.Rewrite) {
		a, err := proto.Marshal(g)
		if err != nil {
			f.Fatal(err)
		}
		b, err := proto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(a, b)
	}
	add(tiny(f), lora())
	add(tiny(f), &ir.Rewrite{Train: []string{"*"}})
	add(&ir.Graph{Decoder: &ir.Stack{Items: []*ir.Item{{}}}}, &ir.Rewrite{Replacements: []*ir.Replacement{{}}})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		g, r := &ir.Graph{}, &ir.Rewrite{}
		if proto.Unmarshal(a, g) != nil || proto.Unmarshal(b, r) != nil {
			return
		}
		ir.Print(g)
		before := proto.Clone(g)
		after, err := ir.Apply(g, r)
		if !proto.Equal(g, before) {
			t.Error("Apply changed its input")
		}
		if err != nil {
			return
		}
		p, err := ir.Expand(after)
		if err != nil {
			t.Fatalf("Apply gives a graph that Expand refuses: %v", err)
		}
		if len(p.Parameters)+len(p.Decoder.Steps) > ir.MaxNodes*2 {
			t.Errorf("%d parameters and %d nodes", len(p.Parameters), len(p.Decoder.Steps))
		}
		if c, err := ir.Count(g, r); err != nil || c.Trainable > c.All {
			t.Errorf("counts %+v, %v", c, err)
		}
	})
}

package engine

import (
	"math/rand/v2"
	"testing"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// wide is a network of 100 million weights, all of them trained or a few.
func wide(full bool) *network {
	over := func(dims ...int64) ir.Type { return ir.Type{Over: ir.OverPositions, DType: ir.F32, Dims: dims} }
	linear := &harnesspb.Node{Op: &harnesspb.Node_Linear{Linear: &harnesspb.Linear{}}}
	n := &network{program: &ir.Program{
		Parameters: []ir.Param{{Name: "table", Shape: []int64{1000, 1024}}, {Name: "w", Shape: []int64{100_000, 1024}}, {Name: "few", Shape: []int64{1000}}},
		Decoder: &ir.Sequence{
			Steps: []ir.Step{
				{Node: &harnesspb.Node{Op: &harnesspb.Node_Embedding{Embedding: &harnesspb.Embedding{}}}, Name: "x", Inputs: []string{ir.Tokens, "table"}, Type: over(1024)},
				{Node: &harnesspb.Node{Op: &harnesspb.Node_Binary{Binary: &harnesspb.Binary{}}}, Name: "z", Inputs: []string{"x", "few"}, Type: over(1024)},
				{Node: linear, Name: "k", Inputs: []string{"z", "w"}, Type: over(1, 100_000)},
				{Node: &harnesspb.Node{Op: &harnesspb.Node_Attention{Attention: &ir.Attention{Mask: ir.Causal}}}, Name: "a", Inputs: []string{"k", "k", "k"}, Type: over(1, 64)},
			},
			Output: "a",
			Layers: []ir.Layer{{First: 1, End: 4, Last: true}},
		},
	}}
	n.train, n.counts = []string{"few"}, ir.Counts{All: 101_000_000, Trainable: 1000}
	if full {
		n.train, n.counts.Trainable = []string{"few", "table", "w"}, n.counts.All
	}
	return n
}

// pairsOfLengths are like real bug-fix pairs: most are short, some long.
func pairsOfLengths(count int) []*harnesspb.TokenExample {
	r := rand.New(rand.NewPCG(1, 1))
	var examples []*harnesspb.TokenExample
	for range count {
		prompt, labels := 30+int(r.ExpFloat64()*140), 5+r.IntN(40)
		prompt = min(prompt, 500)
		examples = append(examples, &harnesspb.TokenExample{Ids: make([]int32, prompt+labels), PromptLength: int32(prompt)})
	}
	return examples
}

// Whatever the set and the options, every batch is cut into micro-batches of
// few shapes that hold each example once, without much padding.
func TestFewShapesPadLittle(t *testing.T) {
	for _, c := range []struct {
		name         string
		count, batch int
		micro        int
		full         bool
		options      shapingOptions
		padding      float64 // tokens that are computed for one of the examples'
	}{
		{name: "small batches", count: 64, batch: 4, padding: 1.25},
		{name: "large batches", count: 1000, batch: 32, padding: 1.25},
		{name: "one at a time", count: 300, batch: 8, micro: 1, padding: 1.25},
		{name: "packed", count: 64, batch: 4, options: shapingOptions{pack: true}, padding: 1.25},
		{name: "left padding", count: 64, batch: 4, options: shapingOptions{leftPadded: true}, padding: 1.25},
		{name: "all weights", count: 300, batch: 8, full: true, padding: 1.6}, // each micro-batch has gradients of all
		{name: "a single example", count: 1, batch: 4, padding: 1.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, examples := wide(c.full), pairsOfLengths(c.count)
			s := newShaping(n, examples, c.batch, c.micro, c.options, n.costs(func(batchShape) bool { return false }))
			if len(s.shapes) > maxShapes {
				t.Errorf("%d shapes, at most %d are allowed", len(s.shapes), maxShapes)
			}
			var tokens, computed, micro int
			for _, batch := range batchesOf(examples, c.batch, nil) {
				seen := map[int]bool{}
				for _, m := range s.split(batch) {
					micro++
					computed += m.shape.rows * m.shape.length
					if len(m.lines) > m.shape.rows || c.micro > 0 && m.shape.rows > c.micro {
						t.Errorf("%d rows in a micro-batch of %v", len(m.lines), m.shape)
					}
					for _, line := range m.lines {
						length := 0
						for _, x := range line {
							seen[x.number] = true
							length += len(x.GetIds())
						}
						tokens += length
						if length > m.shape.length {
							t.Errorf("%d tokens in a row of %v", length, m.shape)
						}
					}
				}
				if len(seen) != len(batch) {
					t.Errorf("%d of a batch's %d examples are computed", len(seen), len(batch))
				}
			}
			padding := float64(computed) / float64(tokens)
			t.Logf("%v: %d micro-batches, %.2f tokens computed for each", s.shapes, micro, padding)
			if padding > c.padding {
				t.Errorf("%.2f tokens are computed for each of the examples', want at most %v", padding, c.padding)
			}
		})
	}
}

// Rows are rather computed one after the other than twice.
func TestFewerRowsInsteadOfRecomputation(t *testing.T) {
	n := wide(false)
	var examples []*harnesspb.TokenExample
	for range 40 {
		examples = append(examples, &harnesspb.TokenExample{Ids: make([]int32, 256), PromptLength: 200})
	}
	for limit, want := range map[int]int{8: 8, 4: 4, 2: 2, 1: 1, 0: 8} { // 0: any number recomputes
		s := newShaping(n, examples, 8, 0, shapingOptions{}, n.costs(func(s batchShape) bool { return s.rows > limit }))
		for _, m := range s.split(examples[:8]) {
			if len(m.lines) != want {
				t.Errorf("more than %d rows recompute, and %d are computed at once", limit, len(m.lines))
			}
		}
	}
}

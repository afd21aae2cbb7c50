package engine

import (
	"math"
	"math/rand/v2"
	"slices"

	"harness/core/protocol/harnesspb"
)

const (
	// maxShapes bounds the graphs of a set: a study compiles few.
	maxShapes = 6
	// passes over a set that its shapes are expected to serve.
	passes = 3
	// sampled examples stand for all of a set.
	sampled = 256
)

// choose selects shapes. What is found depends on the first, which holds any
// row: with many rows they go together even if one of them is long, with a
// single one they go apart. The better of both is taken.
func (s *shaping) choose(examples []*harnesspb.TokenExample) {
	s.shapes = nil
	if len(examples) == 0 {
		return
	}
	s.measure(examples)
	batches := batchesOf(examples, min(s.batch, sampled), rand.NewPCG(1, 1))
	drawn := batches[:min(max(1, sampled/s.batch), len(batches))]
	found := &selection{of: s, scale: passes * float64(len(batches)) / float64(len(drawn))}
	for _, b := range drawn {
		found.samples = append(found.samples, s.rows(b))
	}
	candidates, largest := s.candidates(found.samples)
	least := math.Inf(1)
	for _, first := range [][]batchShape{largest, largest[:1]} {
		found.shapes, found.cost = nil, math.Inf(1)
		found.replace(nil, first)
		found.improve(candidates)
		if found.cost < least {
			s.shapes, least = found.shapes, found.cost
		}
	}
}

// selection looks for the shapes with which a few passes over samples of a set
// take least time, compiling included.
type selection struct {
	of      *shaping
	samples [][]row
	scale   float64 // sample's times to the set's
	shapes  []batchShape
	cost    float64
}

// improve adds shapes, exchanges them and leaves them out, as long as that
// saves something.
func (s *selection) improve(candidates []batchShape) {
	for improved := true; improved; {
		improved = len(s.shapes) < maxShapes && s.replace(s.shapes, candidates)
		for i := 0; i < len(s.shapes); i++ {
			others := slices.Delete(slices.Clone(s.shapes), i, i+1)
			improved = s.replace(others, candidates) || improved
		}
	}
}

// replace takes some shapes with the best of the candidates, or without any,
// if that is better than what there is.
func (s *selection) replace(some, candidates []batchShape) bool {
	sets := [][]batchShape{some}
	for _, c := range candidates {
		sets = append(sets, append(slices.Clone(some), c))
	}
	improved := false
	for _, shapes := range sets {
		cost := s.of.cost.compile * float64(len(shapes))
		for _, rows := range s.samples {
			if cost >= s.cost {
				break
			}
			_, time := s.of.cut(shapes, rows)
			cost += s.scale * time
		}
		if cost < s.cost {
			s.shapes, s.cost, improved = shapes, cost, true
		}
	}
	return improved
}

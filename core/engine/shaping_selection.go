package engine

import (
	"math"
	"math/rand/v2"
	"slices"

	"harness/core/protocol/harnesspb"
)

const (
	// maxShapes bounds the number of graphs to compile for a set.
	maxShapes = 6
	// passes is the expected number of passes over a set.
	passes = 3
	// sampled is the number of examples that represent a set.
	sampled = 256
)

// choose selects shapes. The result of the search depends on its first shape, which
// must fit any row: if that has many rows, a long row is computed together with
// others; if it has one, alone. choose tries both and takes the better result.
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

// selection searches for the shapes that minimize the time of a few passes over a set,
// including compiling. It estimates that time with samples of the set.
type selection struct {
	of      *shaping
	samples [][]row
	scale   float64 // ratio of the set's time to the samples' time
	shapes  []batchShape
	cost    float64
}

// improve adds, replaces and removes shapes as long as that saves time.
func (s *selection) improve(candidates []batchShape) {
	for improved := true; improved; {
		improved = len(s.shapes) < maxShapes && s.replace(s.shapes, candidates)
		for i := 0; i < len(s.shapes); i++ {
			others := slices.Delete(slices.Clone(s.shapes), i, i+1)
			improved = s.replace(others, candidates) || improved
		}
	}
}

// replace sets the shapes to some, with or without the best of the candidates, if that
// is better than the current shapes.
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

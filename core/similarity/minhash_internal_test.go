package similarity

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestEstimate: signatures estimate the exact Jaccard index without bias, with
// the spread that the theory gives.
func TestEstimate(t *testing.T) {
	const functions, pairs, size = 128, 200, 120
	random := rand.New(rand.NewPCG(1, 2))
	m := newMinHash(functions)
	for _, share := range []float64{0, 0.2, 0.5, 0.8, 0.95, 1} {
		bias, worst := 0.0, 0.0
		for range pairs {
			var a, b []shingle
			for range size {
				s := shingle{random.Uint32(), random.Uint32N(100), random.Uint32N(100)}
				a = append(a, s)
				if random.Float64() >= share {
					s[1]++
				}
				b = append(b, s)
			}
			exact := jaccard(set(a), set(b))
			signatures := [2][]uint64{make([]uint64, functions), make([]uint64, functions)}
			m.signature(a, signatures[0])
			m.signature(append(b, b...), signatures[1]) // a set: twice is once
			agree := 0
			for i := range functions {
				if signatures[0][i] == signatures[1][i] {
					agree++
				}
			}
			estimate := float64(agree) / functions
			bias += (estimate - exact) / pairs
			worst = max(worst, math.Abs(estimate-exact))
		}
		spread := math.Sqrt(0.25 / functions) // at most, of one estimate
		if math.Abs(bias) > 4*spread/math.Sqrt(pairs) || worst > 5*spread {
			t.Errorf("share %v: the estimates are off by %.4f on average and %.3f at most", share, bias, worst)
		}
	}
}

func TestBandsMissLittle(t *testing.T) {
	for threshold := 0.3; threshold <= 1; threshold += 0.05 {
		b := bandingFor(threshold)
		if miss := math.Pow(1-math.Pow(threshold, float64(b.rows)), float64(b.bands)); miss > missed {
			t.Errorf("threshold %.2f: %+v overlooks %g", threshold, b, miss)
		}
		if b.bands*b.rows > mostValues {
			t.Errorf("threshold %.2f: %+v is longer than %d places", threshold, b, mostValues)
		}
	}
}

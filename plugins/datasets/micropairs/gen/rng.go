package gen

import (
	"math/bits"
	"math/rand/v2"
)

// source draws the choices of one sample. Only the PCG stream comes from the
// standard library, whose algorithm is documented; the reduction to a range
// is done here, so that a seed means the same samples under every Go release.
//
// It keeps what it drew, so that the same choices can be made again but for one
// (see method.sibling).
type source struct {
	pcg    *rand.PCG
	drawn  []uint64
	replay []uint64 // drawn before anything new
}

func newSource(seed, stream, index uint64) *source {
	return &source{pcg: rand.NewPCG(seed^stream*0x9e3779b97f4a7c15, index*0xd1342543de82ef95+stream)}
}

func (s *source) next() uint64 {
	var x uint64
	if len(s.replay) > 0 {
		x, s.replay = s.replay[0], s.replay[1:]
	} else {
		x = s.pcg.Uint64()
	}
	s.drawn = append(s.drawn, x)
	return x
}

// intN returns a number in [0, n). The bias of the multiplication is below
// n/2^64.
func (s *source) intN(n int) int {
	hi, _ := bits.Mul64(s.next(), uint64(n))
	return int(hi)
}

// chance is true with the given percentage.
func (s *source) chance(percent int) bool {
	return s.intN(100) < percent
}

// between returns a number in [lo, hi].
func (s *source) between(lo, hi int) int {
	return lo + s.intN(hi-lo+1)
}

func pick[T any](s *source, from ...T) T {
	return from[s.intN(len(from))]
}

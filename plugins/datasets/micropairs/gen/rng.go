package gen

import (
	"math/bits"
	"math/rand/v2"
)

// source draws the choices of one sample. Only the PCG stream comes from the
// standard library, whose algorithm is documented; the reduction to a range
// is done here, so that a seed means the same samples under every Go release.
type source struct {
	pcg *rand.PCG
}

func newSource(seed, stream, index uint64) *source {
	return &source{rand.NewPCG(seed^stream*0x9e3779b97f4a7c15, index*0xd1342543de82ef95+stream)}
}

// intN returns a number in [0, n). The bias of the multiplication is below
// n/2^64.
func (s *source) intN(n int) int {
	hi, _ := bits.Mul64(s.pcg.Uint64(), uint64(n))
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

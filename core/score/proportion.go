package score

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Proportion is Successes out of Total.
type Proportion struct {
	Successes, Total int
}

// Share returns the proportion as a number in [0, 1], or NaN if Total is 0.
func (p Proportion) Share() float64 {
	return float64(p.Successes) / float64(p.Total)
}

// Wilson returns the score interval of Wilson (1927) for the share at a confidence such as 0.95, without continuity
// correction. Unlike the textbook interval it is always within [0, 1] and keeps its coverage for few bugs and for shares
// near 0 and 1. If Total is 0 or the confidence is not between 0 and 1, it is [0, 1].
func (p Proportion) Wilson(confidence float64) (low, high float64) {
	if p.Total <= 0 || !(confidence > 0 && confidence < 1) {
		return 0, 1
	}
	n, share := float64(p.Total), p.Share()
	z := distuv.UnitNormal.Quantile(0.5 + confidence/2)
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	low, high = middle-half, middle+half
	// With only successes or failures one end is exact; rounding must not change it.
	if p.Successes == 0 {
		low = 0
	}
	if p.Successes == p.Total {
		high = 1
	}
	return low, high
}

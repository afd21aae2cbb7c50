package similarity

import (
	"math"
	"math/bits"
)

// width is how many tokens a shingle has.
const width = 3

// shingle is a run of tokens, by their numbers. In a text of fewer tokens the
// rest is 0, which is no token's number.
type shingle [width]uint32

// hash spreads shingles over 64 bits.
func (s shingle) hash() uint64 {
	h := uint64(s[0])<<32 | uint64(s[1])
	return mix(mix(h+golden) ^ uint64(s[2]))
}

const golden = 0x9e3779b97f4a7c15

// mix is the finish of SplitMix64: each bit of x decides each of the outcome.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// minHash makes signatures of sets: per hash function, the least hash of an
// element. The share of places at which two signatures agree estimates the
// Jaccard index of their sets (Broder, 1997).
type minHash struct {
	multiply, add []uint64
}

func newMinHash(functions int) minHash {
	m := minHash{make([]uint64, functions), make([]uint64, functions)}
	state := uint64(0)
	draw := func() uint64 { state += golden; return mix(state) }
	for i := range functions {
		m.multiply[i], m.add[i] = draw()|1, draw()
	}
	return m
}

// signature writes the signature of a set into out, one place a function.
// Elements may come more than once.
func (m minHash) signature(shingles []shingle, out []uint64) {
	for i := range out {
		out[i] = math.MaxUint64
	}
	for _, s := range shingles {
		h := s.hash()
		for i, a := range m.multiply {
			// The product's high bits depend on all of h, and they decide which
			// hash is the least.
			out[i] = min(out[i], h*a+m.add[i])
		}
	}
}

// banding cuts signatures into bands of rows places. Texts are compared if all
// places of a band agree, which sets of Jaccard index j do with the probability
// 1 - (1-j^rows)^bands.
type banding struct{ bands, rows int }

// missed bounds the probability of overlooking a text at the threshold;
// mostPlaces, the length of a signature where a shorter one will do.
const (
	missed     = 1e-6
	mostPlaces = 128
)

// bandingFor is the most selective banding that overlooks little enough.
func bandingFor(threshold float64) banding {
	best := banding{}
	for rows := 1; rows <= 16; rows++ {
		bands := 1
		if p := math.Pow(threshold, float64(rows)); p < 1 {
			bands = int(math.Ceil(math.Log(missed) / math.Log1p(-p)))
		}
		if rows > 1 && bands*rows > mostPlaces {
			break
		}
		best = banding{bands, rows}
	}
	return best
}

// key is the hash of a signature's band.
func (b banding) key(signature []uint64, band int) uint64 {
	h := uint64(band)
	for _, v := range signature[band*b.rows : (band+1)*b.rows] {
		h = mix(bits.RotateLeft64(h, 23) ^ v)
	}
	return h
}

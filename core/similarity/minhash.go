package similarity

import (
	"math"
	"math/bits"
)

// width is the number of tokens of a shingle.
const width = 3

// shingle is a run of tokens, by their numbers. In a shorter text the rest is 0, which is
// not the number of a token.
type shingle [width]uint32

// hash hashes a shingle to 64 bits.
func (s shingle) hash() uint64 {
	h := uint64(s[0])<<32 | uint64(s[1])
	return mix(mix(h+golden) ^ uint64(s[2]))
}

const golden = 0x9e3779b97f4a7c15

// mix is the last step of SplitMix64: each bit of the result depends on each bit of x.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// minHash makes signatures of sets: for each hash function, the least hash of an element.
// The share of positions at which two signatures agree estimates the Jaccard index of
// their sets (Broder, 1997).
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

// signature writes the signature of a set into out, one value per function. Elements may
// be repeated.
func (m minHash) signature(shingles []shingle, out []uint64) {
	for i := range out {
		out[i] = math.MaxUint64
	}
	for _, s := range shingles {
		h := s.hash()
		for i, a := range m.multiply {
			// The high bits of the product, which decide which hash is the least, depend on
			// all bits of h.
			out[i] = min(out[i], h*a+m.add[i])
		}
	}
}

// banding divides signatures into bands of rows values each. Texts are compared if all
// values of a band agree. For sets with the Jaccard index j the probability of that is
// 1 - (1-j^rows)^bands.
type banding struct{ bands, rows int }

// missed bounds the probability of missing a text at the threshold, mostValues the length
// of a signature if a shorter one is enough.
const (
	missed     = 1e-6
	mostValues = 128
)

// bandingFor returns the most selective banding that satisfies missed.
func bandingFor(threshold float64) banding {
	best := banding{}
	for rows := 1; rows <= 16; rows++ {
		bands := 1
		if p := math.Pow(threshold, float64(rows)); p < 1 {
			bands = int(math.Ceil(math.Log(missed) / math.Log1p(-p)))
		}
		if rows > 1 && bands*rows > mostValues {
			break
		}
		best = banding{bands, rows}
	}
	return best
}

// key returns the hash of a signature's band.
func (b banding) key(signature []uint64, band int) uint64 {
	h := uint64(band)
	for _, v := range signature[band*b.rows : (band+1)*b.rows] {
		h = mix(bits.RotateLeft64(h, 23) ^ v)
	}
	return h
}

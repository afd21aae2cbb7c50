package ir

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"harness/core/protocol/harnesspb"
)

// Initialize draws a parameter's initial values from its initializer, row-major.
// They depend only on the seed, the written-out name and the shape, not on the
// backend, the batch or the order of parameters. A parameter that starts as the
// norms of another is an error: Norms computes these from the other's values.
func Initialize(p Param, seed uint64) ([]float32, error) {
	if what := badDims(p.Shape); what != "" {
		return nil, fmt.Errorf("parameter %s %s", quoted(p.Name), what)
	}
	if what := badInitializer(p.Initializer); what != "" {
		return nil, fmt.Errorf("parameter %s %s", quoted(p.Name), what)
	}
	values := make([]float32, p.Elements())
	switch kind := p.Initializer.GetKind().(type) {
	case *harnesspb.Initializer_Constant:
		for i := range values {
			values[i] = kind.Constant
		}
	case *harnesspb.Initializer_Uniform:
		r := source(seed, p.Name)
		for i := range values {
			values[i] = kind.Uniform * float32(2*unit(r)-1)
		}
	case *harnesspb.Initializer_Normal:
		r := source(seed, p.Name)
		for i := range values {
			values[i] = kind.Normal * float32(normal(r))
		}
	case *harnesspb.Initializer_Norm:
		return nil, fmt.Errorf("parameter %s starts as norms of %s; its values cannot be drawn without that parameter's values", quoted(p.Name), quoted(kind.Norm.GetParameter()))
	default:
		return nil, fmt.Errorf("parameter %s is neither in the checkpoint nor in the trained weights, and has no initializer", quoted(p.Name))
	}
	return values, nil
}

// Norms returns the Euclidean norms of the rows (axis 1) or columns (axis 0) of
// a matrix whose values are row-major. It sums in float64.
func Norms(values []float32, shape []int64, axis int) ([]float32, error) {
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || int64(len(values)) != shape[0]*shape[1] || axis < 0 || axis > 1 {
		return nil, fmt.Errorf("norms over axis %d of %d numbers with the shape %v: expected axis 0 or 1 of a matrix", axis, len(values), shape)
	}
	sums := make([]float64, shape[1-axis])
	for i, v := range values {
		at := i / int(shape[1])
		if axis == 0 {
			at = i % int(shape[1])
		}
		sums[at] += float64(v) * float64(v)
	}
	out := make([]float32, len(sums))
	for i, sum := range sums {
		out[i] = float32(math.Sqrt(sum))
	}
	return out, nil
}

// badInitializer returns the problem with an initializer, or "". A missing
// initializer is fine: the checkpoint may fill the parameter.
func badInitializer(i *Initializer) string {
	var x float32
	switch kind := i.GetKind().(type) {
	case *harnesspb.Initializer_Constant:
		x = kind.Constant
	case *harnesspb.Initializer_Uniform:
		x = kind.Uniform
	case *harnesspb.Initializer_Normal:
		x = kind.Normal
	}
	if !finite(float64(x)) {
		return fmt.Sprintf("has an initializer of %v, which is not finite", x)
	}
	return ""
}

// source returns the random generator of a (seed, name) pair.
func source(seed uint64, name string) *rand.PCG {
	h := sha256.New()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seed)
	h.Write(b[:])
	h.Write([]byte(name))
	sum := h.Sum(nil)
	return rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:]))
}

// unit is uniform in [0, 1). unit and normal do not call math/rand's own
// methods, because Go does not promise to keep their streams.
func unit(r *rand.PCG) float64 { return float64(r.Uint64()>>11) / (1 << 53) }

// normal is the Box-Muller transform; it uses one value of the pair.
func normal(r *rand.PCG) float64 {
	u := 1 - unit(r) // (0, 1]
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*unit(r))
}

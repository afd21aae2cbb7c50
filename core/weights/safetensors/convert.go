package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// To rounds a tensor of any float type to F32, BF16 or F16, ties to even, as
// torch does. NaN and infinities are kept; a finite value beyond the type's range
// is an error.
func (t Tensor) To(d DType) (Tensor, error) {
	if t.DType == d && d.IsFloat() {
		return t, nil
	}
	values, err := t.Float32()
	if err != nil {
		return Tensor{}, err
	}
	out := Tensor{Info{t.Name, d, slices.Clone(t.Shape)}, make([]byte, d.Size()*len(values))}
	var round func(float32) uint16
	switch d {
	case F32:
		for i, v := range values {
			binary.LittleEndian.PutUint32(out.Data[4*i:], math.Float32bits(v))
		}
		return out, nil
	case BF16:
		round = RoundBF16
	case F16:
		round = roundF16
	default:
		return Tensor{}, fmt.Errorf("tensor %q: %s cannot be converted to %s; choose F32, BF16 or F16", t.Name, t.DType, d)
	}
	infinity := round(float32(math.Inf(1)))
	for i, v := range values {
		h := round(v)
		if h&0x7fff == infinity && !math.IsInf(float64(v), 0) {
			return Tensor{}, fmt.Errorf("tensor %q: %v at element %d is too large for %s", t.Name, v, i, d)
		}
		binary.LittleEndian.PutUint16(out.Data[2*i:], h)
	}
	return out, nil
}

// RoundBF16 returns the bits of the BF16 number nearest to v; ties go to even.
func RoundBF16(v float32) uint16 {
	bits := math.Float32bits(v)
	if v != v {
		bits |= 1 << 22 // a quiet NaN, so that truncation does not give an infinity
	} else {
		bits += 0x7fff + bits>>16&1
	}
	return uint16(bits >> 16)
}

func roundF16(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	exponent := int(bits>>23&0xff) - 127 + 15
	fraction := bits & (1<<23 - 1)
	switch {
	case bits>>23&0xff == 0xff && fraction != 0:
		return sign | 0x7e00
	case exponent >= 0x1f:
		return sign | 0x7c00
	case exponent < -10:
		return sign // less than half of the smallest subnormal
	}
	shift := uint(13)
	if exponent <= 0 { // a subnormal keeps fewer bits and stores the leading one
		fraction |= 1 << 23
		shift += uint(1 - exponent)
		exponent = 0
	}
	half := uint32(1) << (shift - 1)
	rounded := uint32(exponent)<<10 | fraction>>shift
	rest := fraction & (1<<shift - 1)
	if rest > half || (rest == half && rounded&1 == 1) {
		rounded++ // a carry into the exponent is correct
	}
	return sign | uint16(rounded)
}

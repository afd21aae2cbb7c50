package safetensors

import (
	"encoding/binary"
	"math"
)

// DType is an element type, spelled as in a file's header.
type DType string

// The element types that are read and written.
const (
	Bool   DType = "BOOL"
	U8     DType = "U8"
	I8     DType = "I8"
	F8E5M2 DType = "F8_E5M2"
	F8E4M3 DType = "F8_E4M3"
	I16    DType = "I16"
	U16    DType = "U16"
	F16    DType = "F16"
	BF16   DType = "BF16"
	I32    DType = "I32"
	U32    DType = "U32"
	F32    DType = "F32"
	F64    DType = "F64"
	I64    DType = "I64"
	U64    DType = "U64"
)

// Size is the number of bytes per element, or 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case Bool, U8, I8, F8E5M2, F8E4M3:
		return 1
	case I16, U16, F16, BF16:
		return 2
	case I32, U32, F32:
		return 4
	case F64, I64, U64:
		return 8
	}
	return 0
}

// IsFloat reports whether Tensor.Float32 reads the type.
func (d DType) IsFloat() bool {
	switch d {
	case F8E5M2, F8E4M3, F16, BF16, F32, F64:
		return true
	}
	return false
}

// rank orders types as the reference implementation does: widest first, so that
// every tensor is aligned.
func (d DType) rank() int {
	switch d {
	case U64:
		return 0
	case I64:
		return 1
	case F64:
		return 2
	case F32:
		return 3
	case U32:
		return 4
	case I32:
		return 5
	case BF16:
		return 6
	case F16:
		return 7
	case U16:
		return 8
	case I16:
		return 9
	case F8E4M3:
		return 10
	case F8E5M2:
		return 11
	case I8:
		return 12
	case U8:
		return 13
	}
	return 14
}

// decodeFloats converts len(out) little-endian elements of type d. It rounds F64
// to the nearest float32; all other float types are exact.
func decodeFloats(out []float32, d DType, data []byte) {
	switch d {
	case F32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case F64:
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])))
		}
	case BF16:
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
	case F16:
		for i := range out {
			out[i] = halfFloat(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case F8E5M2:
		for i := range out {
			out[i] = smallFloat(uint32(data[i]), 5, 2)
		}
	case F8E4M3:
		for i := range out {
			b := data[i]
			// This type has no infinities; only all ones is NaN.
			if b&0x7f == 0x7f {
				out[i] = math.Float32frombits(0x7fc00000 | uint32(b&0x80)<<24)
				continue
			}
			out[i] = finiteFloat(uint32(b), 4, 3)
		}
	}
}

// halfFloat widens an F16, with a fast path for normal numbers.
func halfFloat(h uint16) float32 {
	bits := uint32(h)
	if e := bits >> 10 & 0x1f; e == 0 || e == 0x1f {
		return smallFloat(bits, 5, 10)
	}
	return math.Float32frombits(bits>>15<<31 | (bits&0x7fff+(127-15)<<10)<<13)
}

// smallFloat widens an IEEE float of 1 + exponent + mantissa bits.
func smallFloat(bits uint32, exponent, mantissa int) float32 {
	ones := uint32(1)<<exponent - 1
	if bits>>mantissa&ones != ones {
		return finiteFloat(bits, exponent, mantissa)
	}
	sign := bits >> (exponent + mantissa) << 31
	return math.Float32frombits(sign | 0xff<<23 | bits<<(23-mantissa)&(1<<23-1))
}

func finiteFloat(bits uint32, exponent, mantissa int) float32 {
	fraction := bits & (1<<mantissa - 1)
	e := int(bits >> mantissa & (1<<exponent - 1))
	bias := 1<<(exponent-1) - 1
	var magnitude float64
	if e == 0 {
		magnitude = math.Ldexp(float64(fraction), 1-bias-mantissa)
	} else {
		magnitude = math.Ldexp(float64(fraction|1<<mantissa), e-bias-mantissa)
	}
	if bits>>(exponent+mantissa) != 0 {
		magnitude = -magnitude
		if fraction == 0 && e == 0 {
			magnitude = math.Copysign(0, -1)
		}
	}
	return float32(magnitude)
}

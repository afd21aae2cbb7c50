package gguf

import (
	"encoding/binary"
	"math"

	"harness/core/weights/safetensors"
)

// dequantize returns the F32 bytes of a quantized tensor's blocks. It computes in
// float32 and in the order of the reference implementation, and rounds each product
// (an explicit conversion prevents the compiler from fusing it into a sum).
func dequantize(t blockType, data []byte) []byte {
	elements, size, _ := t.layout()
	out := make([]byte, len(data)/size*elements*4)
	decode := map[blockType]func(out []float32, block []byte){
		typeQ4_0: decodeQ4_0, typeQ4_1: decodeQ4_1, typeQ8_0: decodeQ8_0, typeQ4K: decodeQ4K, typeQ6K: decodeQ6K,
	}[t]
	var values [256]float32
	at := 0
	for ; len(data) >= size; data = data[size:] {
		decode(values[:elements], data[:size])
		for _, v := range values[:elements] {
			binary.LittleEndian.PutUint32(out[at:], math.Float32bits(v))
			at += 4
		}
	}
	return out
}

// half reads an F16.
func half(b []byte) float32 {
	var v [1]float32
	// Two bytes are always one F16, so there is no error.
	_ = safetensors.Tensor{Info: safetensors.Info{DType: safetensors.F16}, Data: b[:2]}.Float32Into(v[:])
	return v[0]
}

// decodeQ8_0: scale, 32 signed bytes.
func decodeQ8_0(out []float32, b []byte) {
	d := half(b)
	for i := range out {
		out[i] = d * float32(int8(b[2+i]))
	}
}

// decodeQ4_0: scale, 16 bytes. Their low halves are the first 16 elements, their high
// halves the last 16; the value 8 means zero.
func decodeQ4_0(out []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:] {
		out[i] = d * float32(int(q&15)-8)
		out[i+16] = d * float32(int(q>>4)-8)
	}
}

// decodeQ4_1 is the same with a minimum instead of a fixed zero.
func decodeQ4_1(out []float32, b []byte) {
	d, low := half(b), half(b[2:])
	for i, q := range b[4:] {
		out[i] = float32(d*float32(q&15)) + low
		out[i+16] = float32(d*float32(q>>4)) + low
	}
}

// decodeQ4K: scale and minimum of the block; 8 scales and 8 minima of 6 bits
// each in 12 bytes; 128 bytes, of which every 32 hold two groups of 32 elements
// in their low and high halves.
func decodeQ4K(out []float32, b []byte) {
	d, low := half(b), half(b[2:])
	scales, quants := b[4:16], b[16:]
	for group := range 8 {
		scale, minimum := scales[group%4], scales[4+group%4]
		if group < 4 {
			scale, minimum = scale&63, minimum&63
		} else {
			rest := scales[8+group%4]
			scale, minimum = rest&15|scale>>2&48, rest>>4|minimum>>2&48
		}
		ds, dm := d*float32(scale), low*float32(minimum)
		shift := group % 2 * 4
		for i, q := range quants[group/2*32 : group/2*32+32] {
			out[group*32+i] = float32(ds*float32(q>>shift&15)) - dm
		}
	}
}

// decodeQ6K: for each half of the block, 64 bytes with the low four bits of four
// groups of 32 elements (two groups in the low halves of the bytes, two in the high
// halves), and 32 bytes with the two high bits of all four groups; 16 signed scales of
// 16 elements each; scale of the block. The value 32 means zero.
func decodeQ6K(out []float32, b []byte) {
	low, high, scales, d := b[:128], b[128:192], b[192:208], half(b[208:])
	for group := range 8 {
		part, k := group/4, group%4
		for i := range 32 {
			q := low[part*64+k%2*32+i] >> (k / 2 * 4) & 15
			q |= high[part*32+i] >> (2 * k) & 3 << 4
			scale := d * float32(int8(scales[group*2+i/16]))
			out[group*32+i] = scale * float32(int(q)-32)
		}
	}
}

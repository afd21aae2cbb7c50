package gguf

import (
	"fmt"

	"harness/core/weights/safetensors"
)

// blockType is the storage type of a tensor's elements, as ggml numbers it.
type blockType uint32

const (
	typeF32  blockType = 0
	typeF16  blockType = 1
	typeQ4_0 blockType = 2
	typeQ4_1 blockType = 3
	typeQ8_0 blockType = 8
	typeQ4K  blockType = 12
	typeQ6K  blockType = 14
	typeBF16 blockType = 30
)

// layout returns the number of elements and bytes of a block, or false for a type that
// is not supported.
func (t blockType) layout() (elements, bytes int, ok bool) {
	switch t {
	case typeF32:
		return 1, 4, true
	case typeF16, typeBF16:
		return 1, 2, true
	case typeQ4_0:
		return 32, 2 + 16, true
	case typeQ4_1:
		return 32, 2 + 2 + 16, true
	case typeQ8_0:
		return 32, 2 + 32, true
	case typeQ4K:
		return 256, 2 + 2 + 12 + 128, true
	case typeQ6K:
		return 256, 128 + 64 + 16 + 2, true
	}
	return 0, 0, false
}

// dtype is the type in which a tensor is returned.
func (t blockType) dtype() safetensors.DType {
	switch t {
	case typeF16:
		return safetensors.F16
	case typeBF16:
		return safetensors.BF16
	}
	return safetensors.F32
}

// plain reports whether a tensor's bytes are returned as they are in the file.
func (t blockType) plain() bool { return t == typeF32 || t == typeF16 || t == typeBF16 }

// String is ggml's name of the type.
func (t blockType) String() string {
	names := map[blockType]string{
		typeF32: "F32", typeF16: "F16", typeQ4_0: "Q4_0", typeQ4_1: "Q4_1", typeQ8_0: "Q8_0", typeQ4K: "Q4_K", typeQ6K: "Q6_K", typeBF16: "BF16",
		6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 13: "Q5_K", 15: "Q8_K",
		16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
		24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
	}
	if name, ok := names[t]; ok {
		return name
	}
	return fmt.Sprintf("number %d", uint32(t))
}

package gguf_test

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"testing"

	"harness/core/weights/safetensors"
)

// writer makes a file out of metadata and tensors.
type writer struct {
	metadata map[string]any
	tensors  []stored
}

// stored is a tensor as it lies in a file, the outermost dimension first.
type stored struct {
	name  string
	kind  uint32
	shape []int
	data  []byte
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendValue appends a value's kind and the value.
func appendValue(t testing.TB, b []byte, v any) []byte {
	t.Helper()
	kind := func(k uint32) { b = binary.LittleEndian.AppendUint32(b, k) }
	list := func(k uint32, n int) {
		kind(9)
		kind(k)
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	switch v := v.(type) {
	case int:
		kind(4)
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	case float64:
		kind(6)
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	case bool:
		kind(7)
		b = append(b, map[bool]byte{true: 1}[v])
	case string:
		kind(8)
		b = appendText(b, v)
	case []string:
		list(8, len(v))
		for _, s := range v {
			b = appendText(b, s)
		}
	case []float64:
		list(6, len(v))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
		}
	case []int:
		list(5, len(v))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		}
	default:
		t.Fatalf("cannot write %T", v)
	}
	return b
}

func (w writer) bytes(t testing.TB) []byte {
	t.Helper()
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(w.tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(w.metadata)))
	for _, key := range slices.Sorted(maps.Keys(w.metadata)) {
		b = appendValue(t, appendText(b, key), w.metadata[key])
	}
	offset := 0
	for _, x := range w.tensors {
		b = appendText(b, x.name)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(x.shape)))
		for _, d := range slices.Backward(x.shape) {
			b = binary.LittleEndian.AppendUint64(b, uint64(d))
		}
		b = binary.LittleEndian.AppendUint32(b, x.kind)
		b = binary.LittleEndian.AppendUint64(b, uint64(offset))
		offset += (len(x.data) + 31) / 32 * 32
	}
	for _, x := range w.tensors {
		b = append(b, make([]byte, (32-len(b)%32)%32)...)
		b = append(b, x.data...)
	}
	return b
}

// f32 is a tensor of F32 values.
func f32(name string, shape []int, values ...float32) stored {
	return stored{name, 0, shape, safetensors.FromFloat32(name, shape, values).Data}
}

// permuted moves the rows of each head as llama.cpp's converter does: those of
// the first and of the second half in turns.
func permuted(t safetensors.Tensor, heads int) []byte {
	rows := t.Shape[0]
	size, half := len(t.Data)/rows, rows/heads/2
	var out []byte
	for head := range heads {
		for i := range half {
			for part := range 2 {
				row := head*2*half + part*half + i
				out = append(out, t.Data[row*size:(row+1)*size]...)
			}
		}
	}
	return out
}

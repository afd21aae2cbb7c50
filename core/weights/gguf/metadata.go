package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// Kinds of metadata values, as the format numbers them.
const (
	kindUint8 = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// kindSize is the minimum size of a value of a kind in a file, or 0 for an unknown
// kind.
func kindSize(kind uint32) int64 {
	switch kind {
	case kindUint8, kindInt8, kindBool:
		return 1
	case kindUint16, kindInt16:
		return 2
	case kindUint32, kindInt32, kindFloat32:
		return 4
	case kindUint64, kindInt64, kindFloat64, kindString:
		return 8
	case kindArray:
		return 12
	}
	return 0
}

// decoder reads a header and tracks how many bytes of the file are left.
type decoder struct {
	r    io.Reader
	pos  int64
	left int64
}

func (d *decoder) bytes(n int64) ([]byte, error) {
	if n > d.left {
		return nil, fmt.Errorf("truncated: %d bytes wanted at byte %d, %d left", n, d.pos, d.left)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(d.r, b); err != nil {
		return nil, fmt.Errorf("read byte %d: %w", d.pos, err)
	}
	d.pos += n
	d.left -= n
	return b, nil
}

func (d *decoder) uint32() (uint32, error) {
	b, err := d.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (d *decoder) uint64() (uint64, error) {
	b, err := d.bytes(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads a number of items that take at least size bytes each.
func (d *decoder) count(size int64) (int, error) {
	n, err := d.uint64()
	if err != nil {
		return 0, err
	}
	if n > uint64(d.left/size) {
		return 0, fmt.Errorf("truncated: %d items claimed before byte %d, which %d bytes cannot hold", n, d.pos, d.left)
	}
	return int(n), nil
}

func (d *decoder) string() (string, error) {
	n, err := d.count(1)
	if err != nil {
		return "", err
	}
	b, err := d.bytes(int64(n))
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("a text before byte %d is not UTF-8", d.pos)
	}
	return string(b), nil
}

// value reads a value: int64 (uint64 if it does not fit), float64, bool, string, or a
// slice of int64, float64, bool or string.
func (d *decoder) value(kind uint32) (any, error) {
	switch kind {
	case kindString:
		return d.string()
	case kindArray:
		return d.array()
	}
	size := kindSize(kind)
	if size == 0 {
		return nil, fmt.Errorf("value kind %d is not known", kind)
	}
	b, err := d.bytes(size)
	if err != nil {
		return nil, err
	}
	return scalar(kind, b), nil
}

func scalar(kind uint32, b []byte) any {
	switch kind {
	case kindUint8:
		return int64(b[0])
	case kindInt8:
		return int64(int8(b[0]))
	case kindBool:
		return b[0] != 0
	case kindUint16:
		return int64(binary.LittleEndian.Uint16(b))
	case kindInt16:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case kindUint32:
		return int64(binary.LittleEndian.Uint32(b))
	case kindInt32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case kindFloat32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case kindFloat64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case kindUint64:
		if n := binary.LittleEndian.Uint64(b); n > math.MaxInt64 {
			return n
		}
	}
	return int64(binary.LittleEndian.Uint64(b))
}

func (d *decoder) array() (any, error) {
	kind, err := d.uint32()
	if err != nil {
		return nil, err
	}
	size := kindSize(kind)
	switch {
	case size == 0:
		return nil, fmt.Errorf("value kind %d is not known", kind)
	case kind == kindArray:
		return nil, errors.New("arrays of arrays are not read")
	}
	n, err := d.count(size)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindString:
		return items[string](d, kind, n)
	case kindFloat32, kindFloat64:
		return items[float64](d, kind, n)
	case kindBool:
		return items[bool](d, kind, n)
	}
	return items[int64](d, kind, n)
}

func items[T any](d *decoder, kind uint32, n int) ([]T, error) {
	out := make([]T, n)
	for i := range out {
		v, err := d.value(kind)
		if err != nil {
			return nil, err
		}
		item, ok := v.(T)
		if !ok {
			return nil, fmt.Errorf("item %d is too large", i)
		}
		out[i] = item
	}
	return out, nil
}

package gguf

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// metadata looks up keys. It keeps the first error and the set of requested keys: a
// key of the architecture that was never requested would be ignored silently.
type metadata struct {
	values map[string]any
	asked  map[string]bool
	err    error
}

func (m *metadata) fail(key string, format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...))
	}
}

// known marks keys that have no effect here.
func (m *metadata) known(keys ...string) {
	if m.asked == nil {
		m.asked = map[string]bool{}
	}
	for _, key := range keys {
		m.asked[key] = true
	}
}

// get is a key's value, which must have the type T; false if there is no such key.
func get[T any](m *metadata, key, what string) (T, bool) {
	m.known(key)
	v, ok := m.values[key]
	if !ok {
		var none T
		return none, false
	}
	t, ok := v.(T)
	if !ok {
		m.fail(key, "must be %s", what)
	}
	return t, ok
}

func (m *metadata) text(key string) string {
	if _, ok := m.values[key]; !ok {
		m.fail(key, "is missing")
	}
	return m.optionalText(key, "")
}

func (m *metadata) optionalText(key, otherwise string) string {
	if s, ok := get[string](m, key, "a text"); ok {
		return s
	}
	return otherwise
}

func (m *metadata) flag(key string, otherwise bool) bool {
	if b, ok := get[bool](m, key, "true or false"); ok {
		return b
	}
	return otherwise
}

// whole is a number above 0.
func (m *metadata) whole(key string) int64 {
	if _, ok := m.values[key]; !ok {
		m.fail(key, "is missing")
	}
	n := m.optional(key, 1)
	if n < 1 {
		m.fail(key, "is %d, must be above 0", n)
	}
	return n
}

func (m *metadata) optional(key string, otherwise int64) int64 {
	n, ok := get[int64](m, key, "a whole number")
	if !ok {
		return otherwise
	}
	if n < 0 || n > math.MaxInt32 {
		m.fail(key, "is %d, out of range", n)
	}
	return n
}

// real is a number above 0.
func (m *metadata) real(key string) float64 {
	if _, ok := m.values[key]; !ok {
		m.fail(key, "is missing")
	}
	return m.optionalReal(key, 1)
}

func (m *metadata) optionalReal(key string, otherwise float64) float64 {
	x, ok := get[float64](m, key, "a number")
	if !ok {
		return otherwise
	}
	if !(x > 0) || math.IsInf(x, 0) {
		m.fail(key, "is %v, must be above 0", x)
	}
	return shortest(x)
}

// shortest is the shortest decimal number that rounds to a file's float32: 1e-05
// instead of 9.999999747378752e-06.
func shortest(x float64) float64 {
	if float64(float32(x)) != x {
		return x
	}
	// Parsing a formatted number cannot fail.
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', -1, 32), 64)
	return y
}

// id is a token's id, or nil if there is none.
func (m *metadata) id(key string) *int64 {
	if _, ok := m.values[key]; !ok {
		return nil
	}
	n := m.optional(key, 0)
	return &n
}

// nothingElse refuses keys with a prefix that were never requested.
func (m *metadata) nothingElse(prefix string) error {
	// Keys that do not affect the computation.
	m.known(prefix+"vocab_size", prefix+"tensor_data_layout", prefix+"rope.dimension_count", prefix+"feed_forward_length")
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		if !strings.HasPrefix(key, prefix) || m.asked[key] {
			continue
		}
		if v := m.values[key]; v == any(int64(0)) || v == any(false) {
			continue // a feature that is off
		}
		return fmt.Errorf("%s is not known, and would be ignored", key)
	}
	return nil
}

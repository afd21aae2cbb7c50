package gguf_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/weights/gguf"
	"harness/core/weights/safetensors"
)

// Every type has the values of the reference implementation, bit for bit: see
// testdata/make.py.
func TestTypesReadAsTheReferenceReadsThem(t *testing.T) {
	f, err := gguf.Open(filepath.Join("testdata", "types.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	golden, err := safetensors.Open(filepath.Join("testdata", "types.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	if diff := cmp.Diff(golden.Names(), f.Names()); diff != "" {
		t.Fatal(diff)
	}
	for _, name := range f.Names() {
		want, err := golden.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := want.Float32()
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(got.Shape, want.Shape) {
			t.Errorf("%s has the shape %v, want %v", name, got.Shape, want.Shape)
		}
		check := func(x safetensors.Tensor) error {
			values, err := x.Float32()
			if diff := cmp.Diff(wanted, values); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			return err
		}
		if err := check(got); err != nil {
			t.Error(err)
		}
		if err := safetensors.View(f, name, check); err != nil {
			t.Error(err)
		}
	}
}

func newFile(b []byte) (*gguf.File, error) {
	return gguf.NewFile(bytes.NewReader(b), int64(len(b)), "some.gguf")
}

func TestBadFilesAreRefusedByName(t *testing.T) {
	good := writer{map[string]any{"a": 1}, []stored{f32("w", []int{2}, 1, 2), f32("x", []int{1}, 3)}}
	if _, err := newFile(good.bytes(t)); err != nil {
		t.Fatal(err)
	}
	change := func(at int, with ...byte) []byte {
		b := good.bytes(t)
		copy(b[at:], with)
		return b
	}
	whole := good.bytes(t)
	of := func(tensors ...stored) []byte { return writer{nil, tensors}.bytes(t) }
	header := func(rest ...byte) []byte {
		return append(append([]byte("GGUF\x03\x00\x00\x00"), make([]byte, 8)...), rest...)
	}
	one := binary.LittleEndian.AppendUint64(nil, 1)
	tests := map[string]struct {
		file []byte
		want string
	}{
		"not such a file":       {[]byte("hello, world"), "not such a file"},
		"empty":                 {nil, "truncated"},
		"version 1":             {change(4, 1), "version 1"},
		"big-endian":            {change(4, 0, 0, 0, 3), "big-endian"},
		"too many tensors":      {change(8, 255, 255, 255), "number of tensors"},
		"too many keys":         {change(16, 255, 255, 255), "number of keys"},
		"lying text":            {change(24, 255, 255, 255, 255, 255, 255, 255, 255), "truncated"},
		"unknown kind":          {header(append(one, "\x01\x00\x00\x00\x00\x00\x00\x00a\x63\x00\x00\x00    "...)...), `key "a": value kind 99`},
		"lying array":           {header(append(one, "\x01\x00\x00\x00\x00\x00\x00\x00a\x09\x00\x00\x00\x08\x00\x00\x00\xff\xff\xff\xff\xff\x00\x00\x00"...)...), `key "a"`},
		"array of arrays":       {header(append(one, "\x01\x00\x00\x00\x00\x00\x00\x00a\x09\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)...), "arrays of arrays"},
		"unread quantization":   {of(stored{"w", 2 + 8, []int{256}, make([]byte, 84)}), `"w": quantization Q2_K`},
		"unknown quantization":  {of(stored{"w", 99, []int{256}, nil}), `"w": quantization number 99`},
		"rows of broken blocks": {of(stored{"w", 2, []int{2, 16}, make([]byte, 18)}), `"w": rows of shape [2 16]`},
		"one name twice":        {of(f32("w", nil, 1), f32("w", nil, 1)), `"w": comes twice`},
		"truncated data":        {whole[:len(whole)-5], `"x"`},
		"shape beyond the file": {of(stored{"w", 0, []int{1 << 40}, nil}), `"w"`},
		"shape beyond bounds":   {of(stored{"w", 0, []int{1 << 40, 1 << 40}, nil}), `"w"`},
		"too many dimensions":   {of(stored{"w", 0, make([]int, 9), nil}), "9 dimensions"},
		"alignment of nothing":  {writer{map[string]any{"general.alignment": "x"}, nil}.bytes(t), "general.alignment"},
		"unaligned offset":      {writer{map[string]any{"general.alignment": 64}, good.tensors}.bytes(t), "alignment 64"},
		"overlap":               {bytes.Replace(whole, binary.LittleEndian.AppendUint64(nil, 32), make([]byte, 8), 1), `"w": overlaps tensor "x"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newFile(test.file)
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "some.gguf") {
				t.Errorf("error %q does not name %s", err, test.want)
			}
		})
	}
}

func FuzzFile(f *testing.F) {
	types, err := os.ReadFile(filepath.Join("testdata", "types.gguf"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(types)
	f.Add(tiny().bytes(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := newFile(b)
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			x, err := file.Tensor(name)
			if err != nil {
				t.Fatalf("a file that opens does not read: %v", err)
			}
			if size, err := x.Bytes(); err != nil || size != int64(len(x.Data)) || size > 8*int64(len(b)) {
				t.Fatalf("%s has %d bytes, its shape takes %d, the file %d (%v)", name, len(x.Data), size, len(b), err)
			}
		}
		c, err := gguf.NewCheckpoint(file)
		if err != nil {
			return
		}
		if _, err := safetensors.ReadAll(c); err != nil {
			t.Errorf("a checkpoint that opens does not read: %v", err)
		}
		_, _ = c.TokenizerFiles()
	})
}

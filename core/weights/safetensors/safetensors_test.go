package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"harness/core/needs"
	"harness/core/weights/safetensors"
)

// file puts a header and data together as they lie on disk.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, data)...)
}

func open(content []byte) (*safetensors.File, error) {
	return safetensors.NewFile(bytes.NewReader(content), int64(len(content)), "model.safetensors")
}

func TestBadFilesAreRefusedByName(t *testing.T) {
	const (
		a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
		b = `"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}`
	)
	tests := map[string]struct {
		content []byte
		want    []string
	}{
		"empty file":              {nil, []string{"truncated"}},
		"length only":             {file("", 0), []string{"header"}},
		"length beyond file":      {append(binary.LittleEndian.AppendUint64(nil, 99), '{'), []string{"truncated", "99"}},
		"length is negative":      {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), []string{"not a safetensors file"}},
		"not JSON":                {file("hello", 0), []string{"{"}},
		"JSON cut off":            {file("{"+a, 8), []string{"EOF"}},
		"more after the object":   {file("{"+a+"}x", 8), []string{"after the closing brace"}},
		"not UTF-8":               {file("{\"\xff\":1}", 0), []string{"UTF-8"}},
		"entry is no object":      {file(`{"a":3}`, 0), []string{`"a"`}},
		"unknown type":            {file(`{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}`, 8), []string{`"a"`, "F33"}},
		"unknown field":           {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), []string{`"a"`, `"x"`}},
		"missing offsets":         {file(`{"a":{"dtype":"F32","shape":[2]}}`, 8), []string{`"a"`, "data_offsets"}},
		"missing shape":           {file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), []string{`"a"`, "shape"}},
		"three offsets":           {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, 8), []string{`"a"`}},
		"negative dimension":      {file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), []string{`"a"`, "negative"}},
		"shape overflows":         {file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8), []string{`"a"`, "too large"}},
		"shape and size disagree": {file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), []string{`"a"`, "12", "8"}},
		"offsets out of order":    {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), []string{`"a"`, "order"}},
		"same name twice":         {file("{"+a+","+a+"}", 8), []string{`"a"`, "twice"}},
		"metadata twice":          {file(`{"__metadata__":{},"__metadata__":{}}`, 0), []string{"__metadata__", "twice"}},
		"metadata is no text":     {file(`{"__metadata__":{"k":1}}`, 0), []string{"__metadata__", `"k"`}},
		"data truncated":          {file("{"+a+","+b+"}", 11), []string{`"b"`, "truncated"}},
		"data left over":          {file("{"+a+"}", 9), []string{"1 bytes"}},
		"gap between tensors":     {file(`{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), []string{`"b"`, "no tensor"}},
		"overlap": {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12),
			[]string{`"b"`, `overlaps tensor "a"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(test.content)
			if err == nil {
				t.Fatal("opened")
			}
			for _, want := range append(test.want, "model.safetensors") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not name %s", err, want)
				}
			}
		})
	}
}

func TestWrittenTensorsAreReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	tensors := []safetensors.Tensor{
		{Info: safetensors.Info{Name: "flags", DType: safetensors.Bool, Shape: []int{3}}, Data: []byte{1, 0, 1}},
		safetensors.FromFloat32("z <weight> é", []int{2, 2}, []float32{1, -2.5, float32(math.Inf(1)), 0}),
		safetensors.FromFloat32("scalar", []int64{}, []float32{7}),
		{Info: safetensors.Info{Name: "empty", DType: safetensors.F16, Shape: []int{0, 5}}},
		{Info: safetensors.Info{Name: "ids", DType: safetensors.I64, Shape: []int{1}}, Data: make([]byte, 8)},
	}
	metadata := map[string]string{"format": "pt", "a": "b"}
	if err := safetensors.Write(path, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(metadata, f.Metadata()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"empty", "flags", "ids", "scalar", "z <weight> é"}, f.Names()); diff != "" {
		t.Error(diff)
	}
	for _, want := range tensors {
		got, err := f.Tensor(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if got.DType != want.DType || fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: wrote %v, read %v", want.Name, want, got)
		}
	}
	if _, err := f.Tensor("nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("a missing tensor: %v", err)
	}

	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(tensors)-1; i < j; i, j = i+1, j-1 {
		tensors[i], tensors[j] = tensors[j], tensors[i]
	}
	if err := safetensors.Write(path, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the order given changes the bytes (%v)", err)
	}
}

func TestBadTensorsAreNotWritten(t *testing.T) {
	good := safetensors.FromFloat32("a", []int{1}, []float32{1})
	tests := map[string][]safetensors.Tensor{
		"two of one name":   {good, good},
		"data too short":    {safetensors.FromFloat32("a", []int{2}, []float32{1})},
		"unknown type":      {{Info: safetensors.Info{Name: "a", DType: "F33"}}},
		"name of the notes": {safetensors.FromFloat32("__metadata__", []int{1}, []float32{1})},
	}
	for name, tensors := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.safetensors")
			if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := safetensors.Write(path, tensors, nil); err == nil {
				t.Fatal("written")
			}
			if content, _ := os.ReadFile(path); string(content) != "before" {
				t.Error("the file that was there is gone")
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

func TestFloatsOfEveryType(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	tests := []struct {
		dtype safetensors.DType
		data  []byte
		want  []float32
	}{
		{safetensors.F32, []byte{0, 0, 0x80, 0xbf}, []float32{-1}},
		{safetensors.F64, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float32{1.5}},
		{safetensors.BF16, []byte{0x80, 0x3f, 0x80, 0xff, 0xc0, 0x7f}, []float32{1, -inf, nan}},
		{safetensors.F16, []byte{0, 0x3c, 1, 0, 0xff, 0x7b, 0, 0xfc, 0, 0x7e, 0, 0x80},
			[]float32{1, 1.0 / (1 << 24), 65504, -inf, nan, float32(math.Copysign(0, -1))}},
		{safetensors.F8E4M3, []byte{0x38, 0x01, 0x7e, 0xff, 0xb8}, []float32{1, 1.0 / 512, 448, nan, -1}},
		{safetensors.F8E5M2, []byte{0x3c, 0x01, 0x7b, 0x7c, 0x7d}, []float32{1, 1.0 / 65536, 57344, inf, nan}},
	}
	for _, test := range tests {
		t.Run(string(test.dtype), func(t *testing.T) {
			info := safetensors.Info{Name: "x", DType: test.dtype, Shape: []int{len(test.want)}}
			got, err := safetensors.Tensor{Info: info, Data: test.data}.Float32()
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range test.want {
				same := math.Float32bits(got[i]) == math.Float32bits(want) || want != want && got[i] != got[i]
				if !same {
					t.Errorf("element %d is %v, not %v", i, got[i], want)
				}
			}
		})
	}
	ints := safetensors.Tensor{Info: safetensors.Info{Name: "ids", DType: safetensors.I64, Shape: []int{0}}}
	if _, err := ints.Float32(); err == nil || !strings.Contains(err.Error(), "ids") {
		t.Errorf("integers as floats: %v", err)
	}
}

func TestAnyFloatsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float32()).Draw(t, "values")
		name := rapid.StringN(1, 20, 60).Draw(t, "name")
		set, err := safetensors.NewSet(safetensors.FromFloat32(name, []int{len(values), 1}, values))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := safetensors.Encode(&b, set, nil); err != nil {
			t.Fatal(err)
		}
		f, err := open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		tensor, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tensor.Float32()
		if err != nil {
			t.Fatal(err)
		}
		for i := range values {
			if math.Float32bits(got[i]) != math.Float32bits(values[i]) {
				t.Fatalf("element %d changed", i)
			}
		}
	})
}

// A view shows what a copy holds; of a file that shrank it is an error.
func TestViewsAreInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	values := make([]float32, 1<<16)
	for i := range values {
		values[i] = float32(i)
	}
	w := safetensors.FromFloat32("w", []int{len(values)}, values)
	if err := safetensors.Write(path, []safetensors.Tensor{w}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	into := make([]float32, len(values))
	read := func(w safetensors.Tensor) error { return w.Float32Into(into) }
	if err := safetensors.View(f, "w", read); err != nil || !cmp.Equal(into, values) {
		t.Errorf("a view differs (%v)", err)
	}
	if err := safetensors.View(f, "v", read); err == nil || !strings.Contains(err.Error(), `"v"`) {
		t.Errorf("a missing tensor: %v", err)
	}
	if err := safetensors.View(f, "w", func(w safetensors.Tensor) error { return w.Float32Into(into[1:]) }); err == nil {
		t.Error("too little room was enough")
	}
	if err := os.Truncate(path, 200); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{safetensors.View(f, "w", read), func() error { _, err := f.Tensor("w"); return err }()} {
		if err == nil || !strings.Contains(err.Error(), `"w"`) || !strings.Contains(err.Error(), path) {
			t.Errorf("a truncated file: %v", err)
		}
	}
}

// Every F16 is what its sign, exponent and fraction say.
func TestEveryF16(t *testing.T) {
	for h := range 1 << 16 {
		x := safetensors.Tensor{Info: safetensors.Info{DType: safetensors.F16}, Data: []byte{byte(h), byte(h >> 8)}}
		got, err := x.Float32()
		if err != nil {
			t.Fatal(err)
		}
		e, fraction := h>>10&31, float64(h&1023)
		want := math.Ldexp(1024+fraction, e-25)
		switch {
		case e == 0:
			want = math.Ldexp(fraction, -24)
		case e == 31 && fraction == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		}
		if h>>15 == 1 {
			want = -want
		}
		if g := float64(got[0]); g != want && !(math.IsNaN(g) && math.IsNaN(want)) {
			t.Fatalf("%#04x is %v, want %v", h, g, want)
		}
	}
}

// Files of the reference implementation, read and written again, keep every byte.
func TestParityBytes(t *testing.T) {
	for _, path := range append(needs.Goldens(t, "*.safetensors"), needs.Goldens(t, "golden/*.safetensors")...) {
		t.Run(filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path)), func(t *testing.T) {
			f, err := safetensors.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var got bytes.Buffer
			if err := safetensors.Encode(&got, f, f.Metadata()); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes became %d others", len(want), got.Len())
			}
		})
	}
}

func FuzzHeader(f *testing.F) {
	for _, header := range []string{
		`{}`,
		`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`,
		`{"a":{"dtype":"BF16","shape":[9223372036854775807,2],"data_offsets":[0,8]}}`,
	} {
		f.Add(file(header, 8))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := open(content)
		if err != nil {
			return
		}
		set, err := safetensors.ReadAll(file)
		if err != nil {
			t.Fatalf("a checked file cannot be read: %v", err)
		}
		var b bytes.Buffer
		if err := safetensors.Encode(&b, set, file.Metadata()); err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		if _, err := open(b.Bytes()); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

// TestBF16RoundsToEven holds torch's rounding: ties go to the even neighbour.
func TestRoundingToEven(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	bits := math.Float32frombits
	for _, c := range []struct {
		to           safetensors.DType
		values, want []float32
	}{
		{safetensors.BF16,
			[]float32{1, -2.5, bits(0x3f808000), bits(0x3f818000), bits(0x3f808001), inf, nan, bits(0x7f800001)},
			[]float32{1, -2.5, 1, bits(0x3f820000), bits(0x3f810000), inf, nan, nan}},
		{safetensors.F16,
			[]float32{1, -2.5, 1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-11 + 0x1p-20, 65504, 65519, inf, -inf, nan,
				0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-26, 0x1.ffcp-15, 0x1.ffep-15, -0x1.8p-24, bits(1)},
			[]float32{1, -2.5, 1, 1 + 0x1p-9, 1 + 0x1p-10, 65504, 65504, inf, -inf, nan,
				0x1p-14, 0x1p-24, 0, 0x1p-24, 0, 0x1p-14, 0x1p-14, -0x1p-23, 0}},
		{safetensors.F32, []float32{1.1, nan}, []float32{1.1, nan}},
	} {
		half, err := safetensors.FromFloat32("x", []int{len(c.values)}, c.values).To(c.to)
		if err != nil {
			t.Fatal(err)
		}
		if half.DType != c.to {
			t.Errorf("the type is %s, want %s", half.DType, c.to)
		}
		got, err := half.Float32()
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if got[i] != want && !(want != want && got[i] != got[i]) {
				t.Errorf("%s: %x became %x, want %x", c.to, c.values[i], got[i], want)
			}
		}
	}
	for want, c := range map[string]struct {
		value float32
		to    safetensors.DType
	}{"65520 at element 0 is too large for F16": {65520, safetensors.F16}, "too large for BF16": {math.MaxFloat32, safetensors.BF16}, "to I32": {1, safetensors.I32}} {
		if _, err := safetensors.FromFloat32("x", []int{1}, []float32{c.value}).To(c.to); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

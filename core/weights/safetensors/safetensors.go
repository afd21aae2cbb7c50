// Package safetensors reads and writes the safetensors format: eight bytes with
// the header's length, a JSON header with the type, shape and offsets of every
// tensor, and the tensors' bytes one after another, little-endian.
//
// Files are untrusted: the header is checked against the file's size before
// anything is allocated or read, and every error names the file and the tensor.
// View gives access to a tensor in place, without a copy in the process's memory.
package safetensors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"harness/core/weights/internal/mapped"
)

// Info describes a tensor without its data.
type Info struct {
	Name  string
	DType DType
	Shape []int // empty: a scalar
}

// Bytes is the length of the tensor's data. It fails if the type is unknown, a
// dimension is negative, or the product overflows int64.
func (i Info) Bytes() (int64, error) {
	size := int64(i.DType.Size())
	if size == 0 {
		return 0, fmt.Errorf("element type %q is not known", i.DType)
	}
	empty := false
	for _, d := range i.Shape {
		if d < 0 {
			return 0, fmt.Errorf("shape %v has a negative dimension", i.Shape)
		}
		empty = empty || d == 0
	}
	if empty {
		return 0, nil
	}
	for _, d := range i.Shape {
		if size > math.MaxInt64/int64(d) {
			return 0, fmt.Errorf("shape %v is too large", i.Shape)
		}
		size *= int64(d)
	}
	return size, nil
}

// Tensor is a tensor with its data, row-major and little-endian.
type Tensor struct {
	Info
	Data []byte
}

// FromFloat32 makes an F32 tensor. Shapes may be int64, as in graphs, or int. The
// values must fill the shape; Write checks that.
func FromFloat32[D int | int64](name string, shape []D, values []float32) Tensor {
	dims := make([]int, len(shape))
	for i, d := range shape {
		dims[i] = int(d)
	}
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Tensor{Info{name, F32, dims}, data}
}

// Float32 returns the values of a tensor of any float type (see DType.IsFloat).
func (t Tensor) Float32() ([]float32, error) {
	if !t.DType.IsFloat() {
		return nil, fmt.Errorf("tensor %q: %s is not a float type", t.Name, t.DType)
	}
	values := make([]float32, len(t.Data)/t.DType.Size())
	return values, t.Float32Into(values)
}

// Float32Into is Float32 into an existing slice, which must have as many elements
// as the tensor.
func (t Tensor) Float32Into(values []float32) error {
	if !t.DType.IsFloat() {
		return fmt.Errorf("tensor %q: %s is not a float type", t.Name, t.DType)
	}
	if len(t.Data) != len(values)*t.DType.Size() {
		return fmt.Errorf("tensor %q: %d bytes of %s are not the expected %d elements", t.Name, len(t.Data), t.DType, len(values))
	}
	decodeFloats(values, t.DType, t.Data)
	return nil
}

// Source provides tensors by name: a File, a Set, or a whole checkpoint.
type Source interface {
	// Names lists all tensors, sorted.
	Names() []string
	// Info describes a tensor; false if there is none of this name.
	Info(name string) (Info, bool)
	// Tensor reads a tensor.
	Tensor(name string) (Tensor, error)
}

// File is an open safetensors file. It may be used by several goroutines.
type File struct {
	label    string
	reader   io.ReaderAt
	close    func() error
	metadata map[string]string
	entries  map[string]entry
	names    []string
}

var _ Source = (*File)(nil)

// Open opens a file and checks its header. It reads tensors only on request.
func Open(path string) (*File, error) {
	f, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open safetensors: %w", err)
	}
	file, err := NewFile(f, f.Size(), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	file.close = f.Close
	return file, nil
}

// NewFile reads size bytes of r as a file; label names it in errors.
func NewFile(r io.ReaderAt, size int64, label string) (*File, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	return &File{
		label:    label,
		reader:   r,
		metadata: header.metadata,
		entries:  header.entries,
		names:    slices.Sorted(maps.Keys(header.entries)),
	}, nil
}

// Close closes a file from Open.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Metadata is the header's free text, nil if it has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Names lists all tensors, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Info describes a tensor; false if there is none of this name.
func (f *File) Info(name string) (Info, bool) {
	e, ok := f.entries[name]
	info := e.info
	info.Shape = slices.Clone(info.Shape)
	return info, ok
}

// Tensor reads a tensor.
func (f *File) Tensor(name string) (Tensor, error) {
	e, ok := f.entries[name]
	if !ok {
		return Tensor{}, fmt.Errorf("%s: no tensor %q", f.label, name)
	}
	data := make([]byte, e.end-e.begin)
	if _, err := f.reader.ReadAt(data, e.begin); err != nil && (err != io.EOF || len(data) > 0) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return Tensor{}, fmt.Errorf("%s: read tensor %q: %w", f.label, name, err)
	}
	info, _ := f.Info(name)
	return Tensor{info, data}, nil
}

// View passes a tensor to use, which must not keep it. For a file from Open, the
// data are in mapped memory: use must not write to them, or pass them to C code
// or another goroutine. There, truncation of the file would end the process; in
// use itself, it is an error. Views can nest, also of the same file; Close waits
// until all views have ended.
func (f *File) View(name string, use func(Tensor) error) error {
	e, ok := f.entries[name]
	in, mapped := f.reader.(*mapped.File)
	if !ok || !mapped {
		return viewCopy(f, name, use)
	}
	info, _ := f.Info(name)
	err := in.View(e.begin, e.end-e.begin, func(data []byte) error { return use(Tensor{info, data}) })
	if err != nil {
		return fmt.Errorf("%s: tensor %q: %w", f.label, name, err)
	}
	return nil
}

// Start returns the first bytes of a tensor, at most limit. They suffice to
// distinguish most tensors.
func (f *File) Start(name string, limit int64) ([]byte, error) {
	e, ok := f.entries[name]
	if !ok {
		return nil, fmt.Errorf("%s: no tensor %q", f.label, name)
	}
	start := make([]byte, min(limit, e.end-e.begin))
	if n, err := f.reader.ReadAt(start, e.begin); n < len(start) {
		return nil, fmt.Errorf("%s: read tensor %q: %w", f.label, name, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	return start, nil
}

// View passes a tensor of any source to use, in place if the source supports that
// (see File.View).
func View(from Source, name string, use func(Tensor) error) error {
	type viewer interface {
		View(name string, use func(Tensor) error) error
	}
	if v, ok := from.(viewer); ok {
		return v.View(name, use)
	}
	return viewCopy(from, name, use)
}

func viewCopy(from Source, name string, use func(Tensor) error) error {
	t, err := from.Tensor(name)
	if err != nil {
		return err
	}
	return use(t)
}

// Set is a Source of tensors in memory.
type Set map[string]Tensor

var _ Source = Set(nil)

// NewSet makes a Set. Duplicate names are an error.
func NewSet(tensors ...Tensor) (Set, error) {
	set := make(Set, len(tensors))
	for _, t := range tensors {
		if _, twice := set[t.Name]; twice {
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		set[t.Name] = t
	}
	return set, nil
}

// ReadAll reads every tensor of a source.
func ReadAll(from Source) (Set, error) {
	set := Set{}
	for _, name := range from.Names() {
		t, err := from.Tensor(name)
		if err != nil {
			return nil, err
		}
		set[name] = t
	}
	return set, nil
}

// Names lists all tensors, sorted.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s)) }

// Info describes a tensor; false if there is none of this name.
func (s Set) Info(name string) (Info, bool) {
	t, ok := s[name]
	return t.Info, ok
}

// Tensor returns a tensor.
func (s Set) Tensor(name string) (Tensor, error) {
	t, ok := s[name]
	if !ok {
		return Tensor{}, fmt.Errorf("no tensor %q", name)
	}
	return t, nil
}

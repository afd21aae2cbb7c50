package gguf

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"harness/core/weights/internal/mapped"
	"harness/core/weights/safetensors"
)

const (
	magic            = "GGUF"
	defaultAlignment = 32
	maxAlignment     = 1 << 20
	maxDimensions    = 8
)

// File is an open file. It may be used by several goroutines.
type File struct {
	label    string
	reader   io.ReaderAt
	close    func() error
	metadata map[string]any
	entries  map[string]entry
	names    []string
}

var _ safetensors.Source = (*File)(nil)

// entry is a tensor and its position in the file.
type entry struct {
	info       safetensors.Info
	stored     blockType
	begin, end int64
}

// Open opens a file and checks its header. It reads tensors only on request.
func Open(path string) (*File, error) {
	f, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open GGUF: %w", err)
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
	f := &File{label: label, reader: r, metadata: map[string]any{}, entries: map[string]entry{}}
	d := &decoder{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), left: size}
	if err := f.readHeader(d); err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	f.names = slices.Sorted(maps.Keys(f.entries))
	return f, nil
}

func (f *File) readHeader(d *decoder) error {
	start, err := d.bytes(int64(len(magic)))
	if err != nil || string(start) != magic {
		return errors.Join(errors.New("does not begin with GGUF: not such a file"), err)
	}
	version, err := d.uint32()
	if err != nil {
		return err
	}
	switch version {
	case 2, 3:
	case 2 << 24, 3 << 24:
		return errors.New("is big-endian, which is not read")
	default:
		return fmt.Errorf("version %d is not read, only 2 and 3 are", version)
	}
	// A tensor takes at least the bytes of its name's length, number of dimensions, type
	// and offset; a key takes at least those of its name's length, kind and value.
	tensors, err := d.count(8 + 4 + 4 + 8)
	if err != nil {
		return fmt.Errorf("number of tensors: %w", err)
	}
	keys, err := d.count(8 + 4 + 1)
	if err != nil {
		return fmt.Errorf("number of keys: %w", err)
	}
	for range keys {
		if err := f.readKey(d); err != nil {
			return err
		}
	}
	for range tensors {
		if err := f.readTensor(d); err != nil {
			return err
		}
	}
	return f.place(d)
}

func (f *File) readKey(d *decoder) error {
	key, err := d.string()
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if _, twice := f.metadata[key]; twice {
		return fmt.Errorf("key %q comes twice", key)
	}
	kind, err := d.uint32()
	if err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	if f.metadata[key], err = d.value(kind); err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	return nil
}

func (f *File) readTensor(d *decoder) error {
	name, err := d.string()
	if err != nil {
		return fmt.Errorf("tensor's name: %w", err)
	}
	if _, twice := f.entries[name]; twice {
		return fmt.Errorf("tensor %q: comes twice", name)
	}
	e, err := readEntry(d, name)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	f.entries[name] = e
	return nil
}

// readEntry reads a tensor's entry. Its position counts from the start of the data.
func readEntry(d *decoder, name string) (entry, error) {
	dims, err := d.uint32()
	if err != nil {
		return entry{}, err
	}
	if dims > maxDimensions {
		return entry{}, fmt.Errorf("has %d dimensions, more than %d", dims, maxDimensions)
	}
	shape := make([]int, dims)
	// The file lists the innermost dimension first.
	for i := range shape {
		n, err := d.uint64()
		if err != nil {
			return entry{}, err
		}
		if n > 1<<48 {
			return entry{}, fmt.Errorf("dimension of %d is too large", n)
		}
		shape[len(shape)-1-i] = int(n)
	}
	number, err := d.uint32()
	if err != nil {
		return entry{}, err
	}
	offset, err := d.uint64()
	if err != nil {
		return entry{}, err
	}
	stored := blockType(number)
	elements, bytes, ok := stored.layout()
	if !ok {
		return entry{}, fmt.Errorf("quantization %s is not read, only F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K and Q6_K are", stored)
	}
	e := entry{info: safetensors.Info{Name: name, DType: stored.dtype(), Shape: shape}, stored: stored}
	total, err := e.info.Bytes()
	if err != nil {
		return entry{}, err
	}
	count := total / int64(e.info.DType.Size())
	if elements > 1 && (dims == 0 || shape[dims-1]%elements != 0) {
		return entry{}, fmt.Errorf("rows of shape %v are not whole blocks of %d, as %s needs", shape, elements, stored)
	}
	if offset > 1<<62 {
		return entry{}, fmt.Errorf("offset %d is too large", offset)
	}
	e.begin = int64(offset)
	e.end = e.begin + count/int64(elements)*int64(bytes)
	return e, nil
}

// place turns offsets into positions and checks that the tensors do not overlap.
func (f *File) place(d *decoder) error {
	alignment := int64(defaultAlignment)
	if v, ok := f.metadata["general.alignment"]; ok {
		alignment, ok = v.(int64)
		if !ok || alignment < 1 || alignment > maxAlignment {
			return fmt.Errorf("general.alignment is %v, not a number of bytes up to %d", v, maxAlignment)
		}
	}
	base := (d.pos + alignment - 1) / alignment * alignment
	room := d.pos + d.left - base
	order := slices.SortedFunc(maps.Values(f.entries), func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.info.Name, b.info.Name))
	})
	next, last := int64(0), ""
	for _, e := range order {
		switch {
		case e.end < e.begin || e.end > room:
			return fmt.Errorf("tensor %q: bytes %d to %d of the %d that the file has for tensors: truncated file or wrong offsets", e.info.Name, e.begin, e.end, max(room, 0))
		case e.begin%alignment != 0:
			return fmt.Errorf("tensor %q: offset %d is not a multiple of the alignment %d", e.info.Name, e.begin, alignment)
		case e.begin < next:
			return fmt.Errorf("tensor %q: overlaps tensor %q", e.info.Name, last)
		}
		next, last = e.end, e.info.Name
		e.begin += base
		e.end += base
		f.entries[e.info.Name] = e
	}
	return nil
}

// Close closes a file from Open.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Names lists all tensors, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Info describes a tensor as Tensor returns it; false if there is none of this
// name.
func (f *File) Info(name string) (safetensors.Info, bool) {
	e, ok := f.entries[name]
	info := e.info
	info.Shape = slices.Clone(info.Shape)
	return info, ok
}

// Tensor reads a tensor; a quantized one becomes F32.
func (f *File) Tensor(name string) (safetensors.Tensor, error) {
	e, ok := f.entries[name]
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("%s: no tensor %q", f.label, name)
	}
	data := make([]byte, e.end-e.begin)
	if n, err := f.reader.ReadAt(data, e.begin); n < len(data) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return safetensors.Tensor{}, fmt.Errorf("%s: read tensor %q: %w", f.label, name, err)
	}
	if !e.stored.plain() {
		data = dequantize(e.stored, data)
	}
	info, _ := f.Info(name)
	return safetensors.Tensor{Info: info, Data: data}, nil
}

// View passes a tensor to use, under the terms of safetensors.File.View. A quantized
// tensor is a copy.
func (f *File) View(name string, use func(safetensors.Tensor) error) error {
	e, ok := f.entries[name]
	in, mapped := f.reader.(*mapped.File)
	if !ok || !mapped {
		t, err := f.Tensor(name)
		if err != nil {
			return err
		}
		return use(t)
	}
	info, _ := f.Info(name)
	err := in.View(e.begin, e.end-e.begin, func(data []byte) error {
		if !e.stored.plain() {
			data = dequantize(e.stored, data)
		}
		return use(safetensors.Tensor{Info: info, Data: data})
	})
	if err != nil {
		return fmt.Errorf("%s: tensor %q: %w", f.label, name, err)
	}
	return nil
}

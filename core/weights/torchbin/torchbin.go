package torchbin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"harness/core/weights/internal/mapped"
	"harness/core/weights/safetensors"
)

// ErrLegacy is wrapped by the error for a file in torch's format from before version
// 1.6, which is not a zip archive and is not supported.
var ErrLegacy = errors.New("torch's format from before version 1.6 is not read: load the file with torch and save it again, or convert it to safetensors")

// legacyMagic begins a file of that format: a pickle of the number
// 0x1950a86a20f9469cfc6c.
var legacyMagic = []byte("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e")

// File is an open file. It may be used by several goroutines.
type File struct {
	label   string
	close   func() error
	tensors map[string]tensor
	names   []string
	archive archive
}

var _ safetensors.Source = (*File)(nil)

// Open opens a file and checks the pickle's description of every tensor against the
// archive. It reads tensors, and checks the checksums of their storages, only on request.
func Open(path string) (*File, error) {
	f, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open torch weights: %w", err)
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
	start := make([]byte, min(size, int64(len(legacyMagic))))
	if _, err := r.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	if bytes.Equal(start, legacyMagic) {
		return nil, fmt.Errorf("%s: %w", label, ErrLegacy)
	}
	a, err := openArchive(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	program, err := a.pickle()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	top, err := run(program)
	if err != nil {
		return nil, fmt.Errorf("%s: pickle: %w", label, err)
	}
	tensors, err := a.tensors(top)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, err)
	}
	return &File{label: label, tensors: tensors, names: slices.Sorted(maps.Keys(tensors)), archive: a}, nil
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

// Info describes a tensor; false if there is none of this name.
func (f *File) Info(name string) (safetensors.Info, bool) {
	t, ok := f.tensors[name]
	if !ok {
		return safetensors.Info{}, false
	}
	return safetensors.Info{Name: name, DType: t.dtype, Shape: slices.Clone(t.shape)}, true
}

// Tensor reads a tensor. The result is row-major, regardless of the strides in the file.
func (f *File) Tensor(name string) (safetensors.Tensor, error) {
	info, ok := f.Info(name)
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("%s: no tensor %q", f.label, name)
	}
	data, err := f.archive.read(f.tensors[name])
	if err != nil {
		return safetensors.Tensor{}, fmt.Errorf("%s: read tensor %q: %w", f.label, name, err)
	}
	return safetensors.Tensor{Info: info, Data: data}, nil
}

// View passes a tensor to use, under the terms of safetensors.File.View. A tensor whose
// elements are not contiguous is a copy.
func (f *File) View(name string, use func(safetensors.Tensor) error) error {
	t, ok := f.tensors[name]
	in, mapped := f.archive.reader.(*mapped.File)
	if !ok || !mapped || !t.contiguous() {
		copied, err := f.Tensor(name)
		if err != nil {
			return err
		}
		return use(copied)
	}
	info, _ := f.Info(name)
	if err := f.archive.check(t.storage); err != nil {
		return fmt.Errorf("%s: read tensor %q: %w", f.label, name, err)
	}
	err := in.View(t.begin, t.span, func(data []byte) error { return use(safetensors.Tensor{Info: info, Data: data}) })
	if err != nil {
		return fmt.Errorf("%s: tensor %q: %w", f.label, name, err)
	}
	return nil
}

// Start returns the first bytes of a tensor, at most limit, without checking its
// storage's checksum. They suffice to distinguish most tensors.
func (f *File) Start(name string, limit int64) ([]byte, error) {
	t, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("%s: no tensor %q", f.label, name)
	}
	if !t.contiguous() {
		whole, err := f.Tensor(name)
		return whole.Data[:min(limit, int64(len(whole.Data)))], err
	}
	start := make([]byte, min(limit, t.span))
	if err := f.archive.readAt(start, t.begin); err != nil {
		return nil, fmt.Errorf("%s: read tensor %q: %w", f.label, name, err)
	}
	return start, nil
}

// Shares reports whether two tensors are the same view of the same storage.
func (f *File) Shares(a, b string) bool {
	x, y := f.tensors[a], f.tensors[b]
	return x.dtype == y.dtype && x.begin == y.begin && slices.Equal(x.shape, y.shape) && slices.Equal(x.strides, y.strides)
}

package gguf

import (
	"fmt"
	"maps"
	"slices"

	"harness/core/weights/safetensors"
)

// Checkpoint is a model in a file, in the form of a hub's folder.
type Checkpoint struct {
	file    *File
	tensors map[string]origin // by Hugging Face's name
	names   []string
	config  []byte
}

var _ safetensors.Source = (*Checkpoint)(nil)

// origin is a tensor's name in the file, and the order of its rows there.
type origin struct {
	name string
	// heads, if not 0, is the number of heads whose rows are in the order of
	// llama.cpp's rotation: it interleaves the first and second half of each head's
	// rows. restore restores the original order.
	heads int
}

// OpenCheckpoint opens a file with a model of architecture llama. Other
// architectures, and features that a LlamaForCausalLM's configuration cannot
// express, are errors that name them.
func OpenCheckpoint(path string) (*Checkpoint, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	c, err := NewCheckpoint(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// NewCheckpoint is OpenCheckpoint for an open file; Close closes it.
func NewCheckpoint(f *File) (*Checkpoint, error) {
	c := &Checkpoint{file: f, tensors: map[string]origin{}}
	var err error
	if c.config, err = c.llama(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.label, err)
	}
	c.names = slices.Sorted(maps.Keys(c.tensors))
	return c, nil
}

// Close closes the file.
func (c *Checkpoint) Close() error { return c.file.Close() }

// Config is the equivalent config.json.
func (c *Checkpoint) Config() []byte { return slices.Clone(c.config) }

// Names lists all tensors, sorted.
func (c *Checkpoint) Names() []string { return slices.Clone(c.names) }

// Info describes a tensor; false if there is none of this name.
func (c *Checkpoint) Info(name string) (safetensors.Info, bool) {
	from, ok := c.tensors[name]
	if !ok {
		return safetensors.Info{}, false
	}
	info, ok := c.file.Info(from.name)
	info.Name = name
	return info, ok
}

// Tensor reads a tensor.
func (c *Checkpoint) Tensor(name string) (safetensors.Tensor, error) {
	from, ok := c.tensors[name]
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("%s: no tensor %q", c.file.label, name)
	}
	t, err := c.file.Tensor(from.name)
	if err != nil {
		return safetensors.Tensor{}, err
	}
	return from.restore(t, name), nil
}

// View passes a tensor to use, under the terms of safetensors.File.View.
func (c *Checkpoint) View(name string, use func(safetensors.Tensor) error) error {
	from, ok := c.tensors[name]
	if !ok {
		return fmt.Errorf("%s: no tensor %q", c.file.label, name)
	}
	return c.file.View(from.name, func(t safetensors.Tensor) error { return use(from.restore(t, name)) })
}

// restore restores the tensor's name and the order of its rows.
func (o origin) restore(t safetensors.Tensor, name string) safetensors.Tensor {
	t.Name = name
	if o.heads == 0 || len(t.Data) == 0 {
		return t
	}
	rows := t.Shape[0]
	size, half := len(t.Data)/rows, rows/o.heads/2
	out := make([]byte, 0, len(t.Data))
	for head := range o.heads {
		for part := range 2 {
			for i := range half {
				row := (head*half+i)*2 + part
				out = append(out, t.Data[row*size:(row+1)*size]...)
			}
		}
	}
	t.Data = out
	return t
}

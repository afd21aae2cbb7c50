package gguf

import (
	"fmt"
	"maps"
	"slices"

	"harness/core/weights/safetensors"
)

// Checkpoint is a model in a file, as a hub's folder would hold it.
type Checkpoint struct {
	file    *File
	tensors map[string]origin // by Hugging Face's name
	names   []string
	config  []byte
}

var _ safetensors.Source = (*Checkpoint)(nil)

// origin is a tensor's name in the file, and how its rows were moved there.
type origin struct {
	name string
	// heads, if not 0: the rows of each head lie as llama.cpp's rotation wants
	// them, first and second half in turns, and are put back.
	heads int
}

// OpenCheckpoint opens a file that holds a model of architecture llama; any
// other, and what no configuration of a LlamaForCausalLM can say, is an error
// that names it.
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

// NewCheckpoint is OpenCheckpoint of a file that is open; Close closes it.
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

// Config is what config.json would hold.
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

// View lends a tensor to use until use returns, under the terms of
// safetensors.File's method.
func (c *Checkpoint) View(name string, use func(safetensors.Tensor) error) error {
	from, ok := c.tensors[name]
	if !ok {
		return fmt.Errorf("%s: no tensor %q", c.file.label, name)
	}
	return c.file.View(from.name, func(t safetensors.Tensor) error { return use(from.restore(t, name)) })
}

// restore gives the tensor its name and its rows their order.
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

package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"harness/core/weights/safetensors"
)

const generationFile = "generation_config.json"

// Summary describes a checkpoint without its weights.
type Summary struct {
	// Config is config.json, byte for byte, or the config.json that a GGUF file
	// implies.
	Config []byte
	// Generation is generation_config.json, or nil if there is none.
	Generation []byte
	// Tensors describes all tensors, sorted by name.
	Tensors []Tensor
}

// Tensor describes a tensor of a checkpoint.
type Tensor struct {
	safetensors.Info
	// SameAs is the first tensor, in order of names, with the same type, shape
	// and bytes. It is empty if no earlier tensor is equal.
	SameAs string
}

// Summarize opens the checkpoint in the folder dir and describes it. It reads
// headers, the first bytes of tensors, and all bytes of tensors whose first bytes
// are equal.
func Summarize(dir string) (*Summary, error) {
	s, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Summary()
}

// Summary describes the checkpoint.
func (s *Snapshot) Summary() (*Summary, error) {
	generation, err := s.folder.generation()
	if err != nil {
		return nil, err
	}
	tensors, err := s.Tensors()
	if err != nil {
		return nil, err
	}
	return &Summary{Config: s.Config(), Generation: generation, Tensors: tensors}, nil
}

// generation reads generation_config.json. It returns nil if there is none.
func (f folder) generation() ([]byte, error) {
	text, err := f.read(generationFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("checkpoint: %w", err)
	case !json.Valid(text):
		return nil, fmt.Errorf("checkpoint %s: %s is not JSON", f.dir, generationFile)
	}
	return text, nil
}

// startLength is the number of bytes to compare first; different tensors rarely
// agree in them.
const startLength = 4096

// Tensors describes all tensors, sorted by name, and finds equal ones.
func (s *Snapshot) Tensors() ([]Tensor, error) {
	var all []Tensor
	alike := map[string][]string{} // tensors by type, shape and first bytes
	for _, name := range s.names {
		info, _ := s.Info(name)
		t := Tensor{Info: info}
		start, found, err := s.start(name)
		if err != nil {
			return nil, err
		}
		if found {
			key := fmt.Sprintf("%s %v %s", info.DType, info.Shape, start)
			if t.SameAs, err = s.firstEqual(name, alike[key]); err != nil {
				return nil, err
			}
			if t.SameAs == "" {
				alike[key] = append(alike[key], name)
			}
		}
		all = append(all, t)
	}
	return all, nil
}

// start returns a tensor's first bytes, or false if the file would have to decode
// them. A GGUF file does not hold copies of tensors.
func (s *Snapshot) start(name string) (start []byte, found bool, err error) {
	file, ok := s.at[name].(interface {
		Start(name string, limit int64) ([]byte, error)
	})
	if !ok {
		return nil, false, nil
	}
	start, err = file.Start(name, startLength)
	return start, true, err
}

// firstEqual is the first of the candidates whose bytes are the tensor's.
func (s *Snapshot) firstEqual(name string, candidates []string) (string, error) {
	for _, candidate := range candidates {
		same, err := s.equal(name, candidate)
		if same || err != nil {
			return candidate, err
		}
	}
	return "", nil
}

func (s *Snapshot) equal(a, b string) (same bool, err error) {
	file := s.at[a]
	if views, ok := file.(interface{ Shares(a, b string) bool }); ok && file == s.at[b] && views.Shares(a, b) {
		return true, nil
	}
	err = s.View(a, func(x safetensors.Tensor) error {
		return s.View(b, func(y safetensors.Tensor) error {
			same = bytes.Equal(x.Data, y.Data)
			return nil
		})
	})
	return same, err
}

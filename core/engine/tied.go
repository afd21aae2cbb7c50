package engine

import (
	"bytes"
	"fmt"

	"harness/core/ir"
	"harness/core/weights/safetensors"
)

// first is the first of the names that the checkpoint has a tensor of.
func (s *sources) first(names []string) (string, bool) {
	for _, name := range names {
		if _, ok := s.files.Info(name); ok {
			return name, true
		}
	}
	return "", false
}

// agree demands that a parameter's tensors, where the checkpoint has more than
// the first, are the same: a network whose head is its table cannot take both
// from a file in which they differ.
func (s *sources) agree(p ir.Param, first string) error {
	for _, name := range p.Tensors {
		if _, ok := s.files.Info(name); !ok || name == first {
			continue
		}
		a, err := s.files.Tensor(first)
		if err == nil {
			err = safetensors.View(s.files, name, func(b safetensors.Tensor) error {
				if a.DType != b.DType || !bytes.Equal(a.Data, b.Data) {
					return fmt.Errorf("tensors %q and %q differ, but the network ties them: both fill the parameter %q", first, name, p.Name)
				}
				return nil
			})
		}
		if err != nil {
			return fmt.Errorf("checkpoint %s: %w", s.checkpoint, err)
		}
	}
	return nil
}

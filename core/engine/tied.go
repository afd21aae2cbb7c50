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

// agree demands that a parameter's tensors, where the checkpoint has several,
// are the same: a network whose head is its table cannot take both from a file
// in which they differ.
func (s *sources) agree(p ir.Param) error {
	var first safetensors.Tensor
	for _, name := range p.Tensors {
		if _, ok := s.files.Info(name); !ok {
			continue
		}
		tensor, err := s.files.Tensor(name)
		if err != nil {
			return fmt.Errorf("checkpoint %s: %w", s.checkpoint, err)
		}
		if first.Data == nil {
			first = tensor
			continue
		}
		if tensor.DType != first.DType || !bytes.Equal(tensor.Data, first.Data) {
			return fmt.Errorf("checkpoint %s: tensors %q and %q differ, but the network ties them: both fill the parameter %q", s.checkpoint, first.Name, name, p.Name)
		}
	}
	return nil
}

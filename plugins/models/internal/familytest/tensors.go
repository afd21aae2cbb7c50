package familytest

import (
	"strings"
	"testing"

	"harness/core/checkpoint"
	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

// Tensors checks that a family reads a checkpoint with the tensors that its
// network needs, alone or with any of the buffers of any type, and that it refuses
// each additional foreign tensor by name.
func Tensors(t *testing.T, m model.Model, config string, buffers, foreign []string) {
	t.Helper()
	r, err := m.Build(t.Context(), &model.BuildRequest{CheckpointConfig: []byte(config)})
	if err != nil {
		t.Fatal(err)
	}
	network, err := ir.Expand(r.GetGraph())
	if err != nil {
		t.Fatal(err)
	}
	var needed []snapshot.Tensor
	for _, p := range network.Parameters {
		var shape []int
		for _, d := range p.Shape {
			shape = append(shape, int(d))
		}
		needed = append(needed, snapshot.Tensor{Info: safetensors.Info{Name: p.Tensors[0], DType: safetensors.BF16, Shape: shape}})
	}
	beside := func(name string, d safetensors.DType) []snapshot.Tensor {
		return append(needed[:len(needed):len(needed)], snapshot.Tensor{Info: safetensors.Info{Name: name, DType: d, Shape: []int{1, 1, 4, 4}}})
	}
	if err := checkpoint.Check(network, needed); err != nil {
		t.Error(err)
	}
	for _, name := range buffers {
		for _, d := range []safetensors.DType{safetensors.Bool, safetensors.U8, safetensors.F32, safetensors.F16} {
			if err := checkpoint.Check(network, beside(name, d)); err != nil {
				t.Errorf("%s of type %s: %v", name, d, err)
			}
		}
	}
	for _, name := range append(foreign, "an.extra.weight") {
		if err := checkpoint.Check(network, beside(name, safetensors.F32)); err == nil || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for i, missing := range needed {
		rest := append(needed[:i:i], needed[i+1:]...)
		if err := checkpoint.Check(network, rest); err == nil || !strings.Contains(err.Error(), `"`+missing.Name+`"`) {
			t.Errorf("without %s: error %v", missing.Name, err)
		}
	}
}

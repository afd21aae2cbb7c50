package snapshot_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/weights/safetensors"
	"harness/core/weights/snapshot"
)

func TestSummaryFindsEqualTensors(t *testing.T) {
	long := make([]float32, 3000)
	late := slices.Clone(long)
	late[len(late)-1] = 1 // behind what is compared first
	set := func(tensors ...safetensors.Tensor) string {
		all, err := safetensors.NewSet(tensors...)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := safetensors.Encode(&b, all, nil); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	of := func(name string, shape []int, values []float32) safetensors.Tensor {
		return safetensors.FromFloat32(name, shape, values)
	}
	ints := of("g", []int{2}, []float32{1, 2})
	ints.DType = safetensors.I32
	files := map[string]string{
		"config.json": `{"a": 1}`, "generation_config.json": `{"eos_token_id": 3}`,
		first:  set(of("a", []int{3000}, long), of("b", []int{3000}, late), of("c", []int{2}, []float32{1, 2})),
		second: set(of("d", []int{3000}, long), of("e", []int{2, 1}, []float32{1, 2}), of("f", []int{2}, []float32{1, 2}), ints, of("h", []int{3000}, late)),
		"model.safetensors.index.json": index(t, map[string]string{
			"a": first, "b": first, "c": first, "d": second, "e": second, "f": second, "g": second, "h": second,
		}),
	}
	s, err := snapshot.Summarize(lay(t, t.TempDir(), files))
	if err != nil {
		t.Fatal(err)
	}
	if string(s.Config) != `{"a": 1}` || string(s.Generation) != `{"eos_token_id": 3}` {
		t.Errorf("config %s, generation %s", s.Config, s.Generation)
	}
	same := map[string]string{}
	for _, tensor := range s.Tensors {
		same[tensor.Name] = tensor.SameAs
	}
	want := map[string]string{"a": "", "b": "", "c": "", "d": "a", "e": "", "f": "c", "g": "", "h": "b"}
	if diff := cmp.Diff(want, same); diff != "" {
		t.Error(diff)
	}
	if got := s.Tensors[4]; got.DType != safetensors.F32 || !slices.Equal(got.Shape, []int{2, 1}) {
		t.Errorf("e is %+v", got)
	}

	files["generation_config.json"] = "{"
	if _, err := snapshot.Summarize(lay(t, t.TempDir(), files)); err == nil || !strings.Contains(err.Error(), "generation_config.json") {
		t.Errorf("error is %v", err)
	}
}

// Tensors that share a storage are equal without a look at the bytes.
func TestSummaryOfSharedStorages(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "torchbin", "testdata", "views.bin"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Summarize(lay(t, t.TempDir(), map[string]string{"config.json": "{}", "pytorch_model.bin": string(content)}))
	if err != nil {
		t.Fatal(err)
	}
	if s.Generation != nil {
		t.Errorf("generation is %s", s.Generation)
	}
	var same []string
	for _, tensor := range s.Tensors {
		if tensor.SameAs != "" {
			same = append(same, tensor.Name+" = "+tensor.SameAs)
		}
	}
	if diff := cmp.Diff([]string{"tied.second = tied.first"}, same); diff != "" {
		t.Error(diff)
	}
}

package engine_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"harness/core/adapt"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// smallFamilies are those with a tiny model in testdata/prefix.
func smallFamilies() []string { return []string{"bloom", "codegen", "llama", "starcoder"} }

// smallAdapted is a tiny model of a family with an adapter that PEFT saved
// (testdata/METHOD/make.py), and the ids and tensors of PEFT's forward pass.
func smallAdapted(t *testing.T, family, method string) (f fixture, m *harnesspb.ModelState, r *harnesspb.AttachResponse, ids []int32, golden safetensors.Set) {
	t.Helper()
	f = fixture{shared: setup(t), dir: filepath.Join("testdata", "prefix", family)}
	model, err := f.host.Model(t.Context(), family)
	if err != nil {
		t.Fatal(err)
	}
	if f.built, err = model.Build(t.Context(), &harnesspb.BuildRequest{CheckpointConfig: readFile(t, filepath.Join(f.dir, "config.json"))}); err != nil {
		t.Fatal(err)
	}
	a, err := f.host.Adapter(t.Context(), method)
	if err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join("testdata", method, family, "adapter")
	if r, err = a.AttachTo(t.Context(), f.built, nil, readFile(t, filepath.Join(saved, "adapter_config.json"))); err != nil {
		t.Fatal(err)
	}
	m = f.model()
	m.Rewrite = r.GetRewrite()
	m.Trained = trainedOf(t, f, r, saved)
	golden = readTensors(t, filepath.Join("testdata", method, family, "golden.safetensors"))
	for data := golden["input_ids"].Data; len(data) > 0; data = data[4:] {
		ids = append(ids, int32(binary.LittleEndian.Uint32(data)))
	}
	return f, m, r, ids, golden
}

// trainedOf is the file of an adapter's parameters as the engine reads it, made
// of the folder that PEFT saved.
func trainedOf(t *testing.T, f fixture, r *harnesspb.AttachResponse, saved string) string {
	t.Helper()
	layout, err := adapt.LayoutOf(f.built.GetGraph(), r)
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := layout.Load(saved)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trained.safetensors")
	if err := safetensors.WriteSource(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

// The families are those of which PEFT knows how they keep keys and values.
func TestParityPrefix(t *testing.T) {
	for _, family := range smallFamilies() {
		t.Run(family, func(t *testing.T) {
			f, m, _, ids, golden := smallAdapted(t, family, "prefix")
			closeTo(t, "logits", f.forward(t, m, input{IDs: ids})[0], floats(t, golden, "logits"), logitTolerance)
		})
	}
}

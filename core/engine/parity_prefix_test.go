package engine_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"harness/core/adapt"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// Prefixes that PEFT saved (testdata/prefix/make.py), with tiny models of the
// families of which PEFT knows how they keep keys and values.
func TestParityPrefix(t *testing.T) {
	for _, family := range []string{"bloom", "codegen", "llama", "starcoder"} {
		t.Run(family, func(t *testing.T) {
			f := fixture{shared: setup(t), dir: filepath.Join("testdata", "prefix", family)}
			m, err := f.host.Model(t.Context(), family)
			if err != nil {
				t.Fatal(err)
			}
			if f.built, err = m.Build(t.Context(), &harnesspb.BuildRequest{CheckpointConfig: readFile(t, filepath.Join(f.dir, "config.json"))}); err != nil {
				t.Fatal(err)
			}
			a, err := f.host.Adapter(t.Context(), "prefix")
			if err != nil {
				t.Fatal(err)
			}
			saved := filepath.Join(f.dir, "adapter")
			r, err := a.AttachTo(t.Context(), f.built, nil, readFile(t, filepath.Join(saved, "adapter_config.json")))
			if err != nil {
				t.Fatal(err)
			}
			layout, err := adapt.LayoutOf(f.built.GetGraph(), r)
			if err != nil {
				t.Fatal(err)
			}
			trained, err := layout.Load(saved)
			if err != nil {
				t.Fatal(err)
			}
			state := f.model()
			state.Rewrite = r.GetRewrite()
			state.Trained = filepath.Join(t.TempDir(), "trained.safetensors")
			if err := safetensors.WriteSource(state.Trained, trained, nil); err != nil {
				t.Fatal(err)
			}
			golden := readTensors(t, filepath.Join(f.dir, "golden.safetensors"))
			var ids []int32
			for data := golden["input_ids"].Data; len(data) > 0; data = data[4:] {
				ids = append(ids, int32(binary.LittleEndian.Uint32(data)))
			}
			closeTo(t, "logits", f.forward(t, state, input{IDs: ids})[0], floats(t, golden, "logits"), logitTolerance)
		})
	}
}

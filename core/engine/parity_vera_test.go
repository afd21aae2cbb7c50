package engine_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"harness/core/adapt"
	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// VeRA's matrices are parameters that the adapter adds and freezes: PEFT's are
// loaded, and not drawn again.
func TestParityVeRA(t *testing.T) {
	for _, family := range smallFamilies() {
		t.Run(family, func(t *testing.T) {
			f, m, r, ids, golden := smallAdapted(t, family, "vera")
			closeTo(t, "logits", f.forward(t, m, input{IDs: ids})[0], floats(t, golden, "logits"), logitTolerance)

			out := filepath.Join(t.TempDir(), "merged.safetensors")
			if _, err := f.engine.Merge(t.Context(), &harnesspb.MergeRequest{Model: m, Out: out}); err != nil {
				t.Fatal(err)
			}
			plain := f.model()
			plain.Trained = out
			closeTo(t, "merged logits", f.forward(t, plain, input{IDs: ids})[0], floats(t, golden, "merged_logits"), logitTolerance)

			var want struct {
				Trainable int64 `json:"trainable_parameters"`
				All       int64 `json:"all_parameters"`
			}
			if err := json.Unmarshal(readFile(t, filepath.Join("testdata", "vera", family, "counts.json")), &want); err != nil {
				t.Fatal(err)
			}
			got, err := ir.Count(f.built.GetGraph(), r.GetRewrite())
			if err != nil {
				t.Fatal(err)
			}
			if got.Trainable != want.Trainable || got.All != want.All {
				t.Errorf("trains %d of %d parameters, PEFT counts %d of %d", got.Trainable, got.All, want.Trainable, want.All)
			}
		})
	}
}

// A trained adapter is all there is in its file: what it freezes is the same
// for a reader that draws with another seed, and for PEFT.
func TestFrozenAdditionsAreSaved(t *testing.T) {
	for _, precision := range []string{"f32", "bf16"} {
		t.Run(precision, func(t *testing.T) {
			f, m, r, ids, _ := smallAdapted(t, "llama", "vera")
			imported := m.Trained
			m.Trained, m.InitSeed = "", 5
			drawn := trainedEpoch(t, f, m, precision, "")
			m.InitSeed = 6 // the second epoch goes on with the first one's matrices
			m.Trained = filepath.Join(drawn, "trained.safetensors")
			second := trainedEpoch(t, f, m, precision, drawn)
			m.Trained = imported
			after := trainedEpoch(t, f, m, precision, "")

			layout, err := adapt.LayoutOf(f.built.GetGraph(), r)
			if err != nil {
				t.Fatal(err)
			}
			matrices := func(path string) safetensors.Set {
				set := readTensors(t, path)
				return safetensors.Set{"vera_A": set["vera_A"], "vera_B": set["vera_B"]}
			}
			for _, c := range []struct{ name, dir, matrices string }{
				{"drawn", drawn, filepath.Join(drawn, "trained.safetensors")},
				{"continued", second, filepath.Join(drawn, "trained.safetensors")},
				{"imported", after, imported},
			} {
				trained := filepath.Join(c.dir, "trained.safetensors")
				if diff := cmp.Diff(matrices(c.matrices), matrices(trained)); diff != "" {
					t.Errorf("%s: other matrices are saved than were trained with: %.300s", c.name, diff)
				}
				saved := filepath.Join(t.TempDir(), "adapter")
				if err := layout.Save(saved, readTensors(t, trained)); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				as := func(path string, seed uint64) []float32 {
					s := f.model()
					s.Rewrite, s.Trained, s.InitSeed = m.Rewrite, path, seed
					return f.forwardIn(t, precision, s, input{IDs: ids})[0]
				}
				if diff := cmp.Diff(as(trained, 5), as(trainedOf(t, f, r, saved), 17)); diff != "" {
					t.Errorf("%s: loaded from PEFT's folder, the adapter computes something else: %.300s", c.name, diff)
				}
			}
			if cmp.Equal(matrices(imported), matrices(filepath.Join(drawn, "trained.safetensors"))) {
				t.Error("the drawn matrices are the imported ones: the test shows nothing")
			}
		})
	}
}

// trainedEpoch trains an epoch and gives the folder that it leaves.
func trainedEpoch(t *testing.T, f fixture, m *harnesspb.ModelState, precision, stateIn string) string {
	t.Helper()
	start := startOf(t, m)
	start.Recipe, start.StateIn, start.LearningRate = optimizers()[0], stateIn, 0.1
	start.Recipe.Precision = precision
	if stateIn != "" {
		start.Epoch = 1
	}
	var examples []*harnesspb.TokenExample
	for i := range int32(8) {
		examples = append(examples, &harnesspb.TokenExample{Ids: []int32{2 + i, 3, 4 + i, 5 + 2*i, 6}, PromptLength: 2})
	}
	f.train(t, start, examples, nil)
	return start.GetStateOut()
}

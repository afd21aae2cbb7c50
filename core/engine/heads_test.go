package engine_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	checkpoints "harness/core/checkpoint"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/snapshot"
)

// Checkpoints whose head is not their table compute what transformers computes,
// whatever their configuration says of the head, and end where it ends: at the
// tokens of generation_config.json.
func TestParityHeads(t *testing.T) {
	for _, c := range []struct {
		name, folder, family string
		change               map[string]any // of config.json
	}{
		{"T5 1.1 as published", "t5v11", "codet5", nil},
		{"T5 1.1 as transformers 5 writes it", "t5v11", "codet5", map[string]any{
			"tie_word_embeddings": true, "scale_decoder_outputs": false, "dense_act_fn": "gelu_new", "is_gated_act": true,
		}},
		{"Llama that says tied", "llama", "llama", nil},
		{"Llama that says apart", "llama", "llama", map[string]any{"tie_word_embeddings": false}},
		{"CodeGen that says tied", "codegen", "codegen", nil},
		{"Bloom that says tied", "bloom", "bloom", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fixture{shared: setup(t), dir: filepath.Join("testdata", "heads", c.folder)}
			summary, err := snapshot.Summarize(f.dir)
			if err != nil {
				t.Fatal(err)
			}
			var config map[string]any
			if err := json.Unmarshal(summary.Config, &config); err != nil {
				t.Fatal(err)
			}
			maps.Copy(config, c.change)
			if summary.Config, err = json.Marshal(config); err != nil {
				t.Fatal(err)
			}
			m, err := f.host.Model(t.Context(), c.family)
			if err != nil {
				t.Fatal(err)
			}
			if f.built, err = m.Build(t.Context(), checkpoints.Request(nil, summary)); err != nil {
				t.Fatal(err)
			}
			withoutDropout(f.built.GetGraph())

			var golden struct {
				input
				Greedy []int32
				Logits []float32
			}
			if err := json.Unmarshal(readFile(t, filepath.Join(f.dir, "golden.json")), &golden); err != nil {
				t.Fatal(err)
			}
			closeTo(t, "logits", f.forward(t, f.model(), golden.input)[0], golden.Logits, logitTolerance)

			d := &harnesspb.Decoding{Decode: "greedy", MaxNewTokens: 16, BatchSize: 1}
			got := f.decode(t, f.model(), d, f.built.GetEos(), golden.IDs)[0][0].GetIds()
			if diff := cmp.Diff(golden.Greedy, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

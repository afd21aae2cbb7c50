package llama_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"harness/core/ir"
	"harness/core/sdk/model"
	"harness/plugins/models/internal/llama"
)

// testdata/frequencies.json holds what transformers 5 makes of configs:
// LlamaRotaryEmbedding's inv_freq, in f32, and its attention_scaling.
func TestParityFrequencies(t *testing.T) {
	text, err := os.ReadFile("testdata/frequencies.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name        string
		Config      json.RawMessage
		Frequencies []float64
		Amplitude   float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r, err := llama.Build(&model.BuildRequest{CheckpointConfig: c.Config})
			if err != nil {
				t.Fatal(err)
			}
			got := rotary(r.GetGraph())
			if math.Abs(got.GetAmplitude()-c.Amplitude) > 1e-12 {
				t.Errorf("amplitude %v, want %v", got.GetAmplitude(), c.Amplitude)
			}
			if len(got.GetFrequencies()) != len(c.Frequencies) {
				t.Fatalf("%d frequencies, want %d", len(got.GetFrequencies()), len(c.Frequencies))
			}
			var worst float64
			for j, want := range c.Frequencies {
				worst = max(worst, math.Abs(got.GetFrequencies()[j]-want)/want)
			}
			t.Logf("relative error %.1e", worst)
			// A rounding or two of f32: torch's power is its own.
			if !(worst <= 3e-7) {
				t.Errorf("relative error %.1e", worst)
			}
		})
	}
}

// rotary is the first rotation of a graph.
func rotary(g *ir.Graph) *ir.Rotary {
	for _, item := range g.GetDecoder().GetItems() {
		for _, n := range item.GetRepeat().GetNodes() {
			if r := n.GetRotary(); r != nil {
				return r
			}
		}
	}
	return nil
}

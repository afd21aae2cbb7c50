package engine_test

import (
	"fmt"
	"testing"
)

// logitTolerance is the goldens' (fixtures/README.md); 2e-6 is expected.
const logitTolerance = 1e-4

func TestParityLogits(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			Logits struct {
				InputIDs [][]int32 `json:"input_ids"`
			} `json:"logits"`
			Hidden struct {
				InputIDs []int32 `json:"input_ids"`
			} `json:"hidden"`
		}
		tensors := f.golden(t, "inference", &g)

		t.Run("single", func(t *testing.T) {
			for i, ids := range g.Logits.InputIDs {
				name := fmt.Sprintf("logits.single.%d", i)
				closeTo(t, name, f.forward(t, f.model(), ids)[0], floats(t, tensors, name), logitTolerance)
			}
		})
		t.Run("batch", func(t *testing.T) {
			info, _ := tensors.Info("logits.batch")
			longest, v := info.Shape[1], info.Shape[2]
			want := floats(t, tensors, "logits.batch")
			for i, got := range f.forward(t, f.model(), g.Logits.InputIDs...) {
				// The golden is padded on the left.
				skip := longest - len(g.Logits.InputIDs[i])
				row := want[i*longest*v:][:longest*v]
				closeTo(t, fmt.Sprintf("row %d", i), got, row[skip*v:], logitTolerance)
			}
		})
		t.Run("long", func(t *testing.T) {
			want := floats(t, tensors, "hidden.last_logits")
			got := f.forward(t, f.model(), g.Hidden.InputIDs)[0]
			closeTo(t, "last logits", got[len(got)-len(want):], want, logitTolerance)
		})
	})
}

func TestParityAdapterLogits(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		var g struct {
			AdapterLogits struct {
				InputIDs []int32 `json:"input_ids"`
			} `json:"adapter_logits"`
		}
		tensors := f.golden(t, "training", &g)
		for _, c := range []struct{ which, golden string }{
			{"random", "adapter.lora.random.logits"},
			{"final", "adapter.lora.final.merged_logits"},
		} {
			m, _ := f.adapted(t, "lora", c.which)
			closeTo(t, c.golden, f.forward(t, m, g.AdapterLogits.InputIDs)[0], floats(t, tensors, c.golden), logitTolerance)
		}
	})
}

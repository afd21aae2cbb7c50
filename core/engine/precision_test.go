package engine_test

import (
	"math"
	"testing"
)

// In bfloat16 results are near those in f32 and no better than that: eight bits
// of mantissa leave errors of some thousandths.
func TestHalfPrecision(t *testing.T) { eachKind(t, halfPrecision) }

func TestSlowHalfPrecision(t *testing.T) { eachOther(t, halfPrecision) }

func halfPrecision(t *testing.T, f fixture) {
	var g struct {
		Hidden input `json:"hidden"`
	}
	tensors := f.golden(t, "inference", &g)
	m := f.model()
	want := floats(t, tensors, "hidden.last_logits")
	logits := f.forwardIn(t, "bf16", m, g.Hidden)[0]
	got := logits[len(logits)-len(want):]
	closeTo(t, "last logits", got, want, 0.05)
	var difference float64
	for i := range want {
		difference = max(difference, math.Abs(float64(got[i]-want[i])))
	}
	if difference == 0 {
		t.Errorf("the logits are those in f32")
	}

	var curve goldenTraining
	f.golden(t, "training", &curve)
	for _, c := range []struct{ adapter, method string }{{"lora", "lora_adamw"}, {"full", "full_adamw"}} {
		m := f.model()
		if c.adapter == "lora" {
			m, _ = f.adapted(t, "lora", "initial")
		} else {
			m.Rewrite = f.attach(t, "full", "{}").GetRewrite()
		}
		start := curve.start(m, t.TempDir(), f.built.GetPad())
		start.Recipe.Precision = "bf16"
		steps, _ := f.train(t, start, curve.examples(f.built.GetGraph().GetEncoder() != nil), nil)
		var worst float64
		for i, s := range steps {
			worst = max(worst, math.Abs(s.GetLoss()-curve.Methods[c.method].Loss[i]))
		}
		t.Logf("%s: losses differ by up to %.1e", c.adapter, worst)
		if !(worst <= 0.1) {
			t.Errorf("%s: losses differ by up to %v", c.adapter, worst)
		}
	}
}

package engine_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// goldenTraining is golden/training.json.
type goldenTraining struct {
	Setup struct {
		Batches []struct {
			InputIDs      [][]int32 `json:"input_ids"`
			AttentionMask [][]int32 `json:"attention_mask"`
			Labels        [][]int32 `json:"labels"`
		} `json:"batches"`
		Steps int `json:"steps"`
		AdamW struct {
			LR          float64    `json:"lr"`
			Betas       [2]float64 `json:"betas"`
			Eps         float64    `json:"eps"`
			WeightDecay float64    `json:"weight_decay"`
		} `json:"adamw"`
		Adafactor struct {
			LR            float64    `json:"lr"`
			Eps           [2]float64 `json:"eps"`
			DecayRate     float64    `json:"decay_rate"`
			ClipThreshold float64    `json:"clip_threshold"`
			WeightDecay   float64    `json:"weight_decay"`
		} `json:"adafactor"`
		Clip float64 `json:"grad_norm_clip"`
	} `json:"setup"`
	Methods map[string]struct {
		Trainable    int64     `json:"trainable_parameters"`
		All          int64     `json:"all_parameters"`
		Loss         []float64 `json:"loss"`
		Norm         []float64 `json:"grad_norm"`
		LR           []float64 `json:"lr"`
		FinalTensors map[string]struct {
			MovedMaxAbs float64 `json:"moved_max_abs"`
		} `json:"final_tensors"`
	} `json:"methods"`
}

// warmup is the goldens' (training.json: "linear with warmup 2 of 12 steps").
const warmup = 2

// examples are the batches' rows, without padding: ids of the prompt and what
// follows it. Beside an encoder the labels are rows of their own.
func (g goldenTraining) examples(encoder bool) []*harnesspb.TokenExample {
	var out []*harnesspb.TokenExample
	for step := range g.Setup.Steps {
		b := g.Setup.Batches[step%len(g.Setup.Batches)]
		for row, ids := range b.InputIDs {
			x := &harnesspb.TokenExample{}
			for i, id := range ids {
				if b.AttentionMask[row][i] == 0 {
					continue
				}
				if encoder || len(x.Ids) == int(x.PromptLength) && b.Labels[row][i] == -100 {
					x.PromptLength++
				}
				x.Ids = append(x.Ids, id)
			}
			if encoder {
				x.Ids = append(x.Ids, slices.DeleteFunc(slices.Clone(b.Labels[row]), func(id int32) bool { return id == -100 })...)
			}
			out = append(out, x)
		}
	}
	return out
}

// training reads the goldens and gives their examples too.
func (f fixture) training(t testing.TB) (goldenTraining, safetensors.Set, []*harnesspb.TokenExample) {
	var g goldenTraining
	tensors := f.golden(t, "training", &g)
	return g, tensors, g.examples(f.built.GetGraph().GetEncoder() != nil)
}

// start is the goldens' training, an epoch of all steps, with AdamW.
func (g goldenTraining) start(m *harnesspb.ModelState, out string, pad int32) *harnesspb.TrainStart {
	a := g.Setup.AdamW
	return &harnesspb.TrainStart{
		Model: m,
		Recipe: &harnesspb.Recipe{
			Optimizer: "adamw", Betas: a.Betas[:], Epsilon: a.Eps, WeightDecay: a.WeightDecay, Decay: "all",
			Schedule: "linear", WarmupSteps: warmup, Clip: g.Setup.Clip, BatchSize: int32(len(g.Setup.Batches[0].InputIDs)),
		},
		LearningRate: a.LR,
		Epochs:       1,
		StateOut:     out,
		Pad:          pad,
		KeepOrder:    true,
	}
}

// adafactor makes it the goldens' training with Adafactor.
func (g goldenTraining) adafactor(s *harnesspb.TrainStart) {
	a, r := g.Setup.Adafactor, s.Recipe
	s.LearningRate = a.LR
	r.Optimizer, r.Betas, r.Epsilon, r.DecayRate, r.ClipThreshold, r.WeightDecay = "adafactor", nil, a.Eps[0], a.DecayRate, a.ClipThreshold, a.WeightDecay
}

// train runs an epoch and gives its steps and its end.
func (f fixture) train(t testing.TB, start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample) ([]*harnesspb.TrainStep, *harnesspb.TrainDone) {
	t.Helper()
	var steps []*harnesspb.TrainStep
	var done *harnesspb.TrainDone
	err := f.engine.Train(t.Context(), start, train, validation, func(e *harnesspb.TrainEvent) error {
		if s := e.GetStep(); s != nil {
			steps = append(steps, s)
		}
		if d := e.GetDone(); d != nil {
			done = d
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if done == nil {
		t.Fatal("training ended without a done event")
	}
	return steps, done
}

// checkCurve compares each step with the golden one.
func (g goldenTraining) checkCurve(t *testing.T, method string, steps []*harnesspb.TrainStep, done *harnesspb.TrainDone) {
	t.Helper()
	want := g.Methods[method]
	if len(steps) != len(want.Loss) {
		t.Fatalf("%d steps, want %d", len(steps), len(want.Loss))
	}
	var loss, norm float64
	for i, s := range steps {
		loss = max(loss, math.Abs(s.GetLoss()-want.Loss[i]))
		norm = max(norm, math.Abs(s.GetGradientNorm()-want.Norm[i])/want.Norm[i])
		if math.Abs(s.GetLearningRate()-want.LR[i]) > 1e-12 {
			t.Errorf("step %d: learning rate %v, want %v", i, s.GetLearningRate(), want.LR[i])
		}
	}
	record(t, loss)
	t.Logf("largest differences: loss %.1e, gradient norm %.1e", loss, norm)
	if !(loss <= 1e-3) || !(norm <= 0.01) {
		t.Errorf("largest differences: loss %v (allowed 1e-3), gradient norm %v (allowed 1 %%)", loss, norm)
	}
	if done.GetTrainableParameters() != want.Trainable || done.GetAllParameters() != want.All {
		t.Errorf("trains %d of %d parameters, want %d of %d",
			done.GetTrainableParameters(), done.GetAllParameters(), want.Trainable, want.All)
	}
}

func TestParityTrainingLoRA(t *testing.T) { parityOfAdapter(t, "lora") }
func TestParityTrainingIA3(t *testing.T)  { parityOfAdapter(t, "ia3") }
func TestParityTrainingDoRA(t *testing.T) { parityOfAdapter(t, "dora") }

// parityOfAdapter trains from PEFT's initial adapter to its final one.
func parityOfAdapter(t *testing.T, kind string) {
	eachFixture(t, func(t *testing.T, f fixture) {
		g, _, examples := f.training(t)
		m, _ := f.adapted(t, kind, "initial")
		out := t.TempDir()
		steps, done := f.train(t, g.start(m, out, f.built.GetPad()), examples, nil)
		g.checkCurve(t, kind+"_adamw", steps, done)

		got := readTensors(t, filepath.Join(out, "trained.safetensors"))
		final, _ := f.adapted(t, kind, "final")
		want, initial := readTensors(t, final.GetTrained()), readTensors(t, m.GetTrained())
		var moved, difference float64
		for _, tensor := range want {
			w, i, x := floats(t, want, tensor.Name), floats(t, initial, tensor.Name), floats(t, got, tensor.Name)
			for k := range w {
				moved = max(moved, math.Abs(float64(w[k]-i[k])))
				difference = max(difference, math.Abs(float64(w[k]-x[k])))
			}
		}
		t.Logf("final adapter: off by %.1e, which is %.1e of the largest change", difference, difference/moved)
		if !(difference <= 1e-3) || !(difference <= 0.02*moved) {
			t.Errorf("final adapter is off by %v, the largest change is %v", difference, moved)
		}
	})
}

func TestParityTrainingFull(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		g, tensors, examples := f.training(t)
		for optimizer, change := range map[string]func(*harnesspb.TrainStart){"adamw": func(*harnesspb.TrainStart) {}, "adafactor": g.adafactor} {
			t.Run(optimizer, func(t *testing.T) {
				m := f.model()
				m.Rewrite = f.attach(t, "full", "{}").GetRewrite()
				start := g.start(m, t.TempDir(), f.built.GetPad())
				change(start)
				steps, done := f.train(t, start, examples, nil)
				g.checkCurve(t, "full_"+optimizer, steps, done)

				got := readTensors(t, filepath.Join(start.GetStateOut(), "trained.safetensors"))
				for name, golden := range g.Methods["full_"+optimizer].FinalTensors {
					want, x := floats(t, tensors, "full."+optimizer+"."+name), floats(t, got, name)
					var difference float64
					for k := range want {
						difference = max(difference, math.Abs(float64(want[k]-x[k])))
					}
					t.Logf("%s: off by %.1e of its change", name, difference/golden.MovedMaxAbs)
					if !(difference <= 0.02*golden.MovedMaxAbs) {
						t.Errorf("%s is off by %v after moving by %v", name, difference, golden.MovedMaxAbs)
					}
				}
			})
		}
	})
}

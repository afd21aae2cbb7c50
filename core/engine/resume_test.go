package engine_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/engine"
	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// optimizers are recipes with all optimizers that the engine has, with
// everything that they keep.
func optimizers() []*harnesspb.Recipe {
	return []*harnesspb.Recipe{
		{BatchSize: 8, Clip: 1, Schedule: "constant", Optimizer: "adamw", Betas: []float64{0.9, 0.999}, Epsilon: 1e-8, WeightDecay: 0.01},
		{BatchSize: 8, Clip: 1, Schedule: "constant", Optimizer: "adafactor", Epsilon: 1e-30, DecayRate: -0.8, ClipThreshold: 1, WeightDecay: 0.01, Decay: "all"},
	}
}

// chain trains epochs one after the other and gives the files of each, and
// what its end said. From the epoch restart on, a new engine runs, which knows
// nothing of the epochs before; 0: none.
func (f fixture) chain(t *testing.T, m *harnesspb.ModelState, epochs, restart int, change func(*harnesspb.TrainStart), train, validation []*harnesspb.TokenExample) []string {
	t.Helper()
	var out []string
	state := ""
	for epoch := range epochs {
		if restart > 0 && epoch == restart {
			f.engine = engine.New(engine.Options{Backend: os.Getenv("GOMLX_BACKEND")})
			defer f.engine.Close()
		}
		start := startOf(t, m)
		start.Seed, start.Epoch, start.StateIn = 3, int32(epoch), state
		change(start)
		_, done := f.train(t, start, train, validation)
		state = start.GetStateOut()
		m.Trained = filepath.Join(state, "trained.safetensors")
		out = append(out, fmt.Sprintln(done.GetTrainLoss(), done.GetValidationLoss(), done.GetValidationExactMatch())+
			string(readFile(t, m.Trained))+string(readFile(t, filepath.Join(state, "optimizer.safetensors"))))
	}
	return out
}

// sameEpochs compares the files of chains bit by bit.
func sameEpochs(t *testing.T, want, got []string) {
	t.Helper()
	for i := range want {
		if want[i] != got[i] {
			t.Errorf("epoch %d differs after a restart", i)
		}
		if i > 0 && want[i] == want[i-1] {
			t.Errorf("epoch %d changed nothing", i)
		}
	}
}

// An epoch that continues from files must give what training without a break
// gives.
func TestEpochsResumeBitForBit(t *testing.T) { eachKind(t, epochsResumeBitForBit) }

func TestSlowEpochsResumeBitForBit(t *testing.T) { eachOther(t, epochsResumeBitForBit) }

func epochsResumeBitForBit(t *testing.T, f fixture) {
	g, _, examples := f.training(t)
	rewrite := f.attach(t, "lora", `{"rank": 4, "alpha": 8, "dropout": 0.1}`).GetRewrite()
	run := func(restart int) []string {
		m := f.model()
		m.Rewrite, m.InitSeed = rewrite, 7
		return f.chain(t, m, 2, restart, func(s *harnesspb.TrainStart) {
			s.Recipe.BatchSize, s.Pad = int32(len(g.Setup.Batches[0].InputIDs)), f.built.GetPad()
		}, examples, examples[:3])
	}
	sameEpochs(t, run(0), run(1))
}

// Training 4 epochs is training 2, stopping, and training 2.
func TestEpochsResumeWithEveryOptimizerAndSchedule(t *testing.T) {
	f := small(t)
	for i, schedule := range []string{"constant", "linear", "cosine"} {
		o := optimizers()[i%2]
		t.Run(o.GetOptimizer()+" "+schedule, func(t *testing.T) {
			run := func(restart int) []string {
				return f.chain(t, f.withDropout(t, 0.1), 4, restart, func(s *harnesspb.TrainStart) {
					s.Recipe, s.Epochs = o, 4
					o.MicroBatch, o.Schedule, o.WarmupSteps = 3, schedule, 2
				}, uneven(20), uneven(5))
			}
			sameEpochs(t, run(0), run(2))
		})
	}
}

func TestAnOptimizerStateContinuesItsOwnTrainingOnly(t *testing.T) {
	f := small(t)
	m := f.trainable()
	start := startOf(t, m)
	start.Recipe = optimizers()[0]
	f.train(t, start, uneven(8), nil)
	m.Trained = filepath.Join(start.GetStateOut(), "trained.safetensors")
	for _, c := range []struct {
		name, want string
		change     func(*harnesspb.TrainStart)
	}{
		{"another optimizer", "cannot continue", func(s *harnesspb.TrainStart) { s.Recipe = optimizers()[1] }},
		{"other parameters", "tensors", func(s *harnesspb.TrainStart) { s.Model.Rewrite = &ir.Rewrite{Train: []string{"*ln*"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := startOf(t, m)
			next.Recipe, next.Epoch, next.StateIn = optimizers()[0], 1, start.GetStateOut()
			c.change(next)
			err := f.engine.Train(t.Context(), next, uneven(8), nil, func(*harnesspb.TrainEvent) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// The rates are those of transformers' get_cosine_schedule_with_warmup (3 of 11
// steps) and get_linear_schedule_with_warmup.
func TestSchedulesAreThoseOfTransformers(t *testing.T) {
	f := small(t)
	for name, want := range map[string][]float64{
		"cosine": {0, 0.0003333333333333333, 0.0006666666666666666, 0.001, 0.0009619397662556434, 0.0008535533905932737,
			0.000691341716182545, 0.0005, 0.0003086582838174551, 0.00014644660940672628, 3.806023374435663e-05},
		"linear": {0, 0.0003333333333333333, 0.0006666666666666666, 0.001, 0.000875, 0.00075, 0.000625, 0.0005, 0.000375, 0.00025, 0.000125},
	} {
		start := startOf(t, f.trainable())
		start.Epochs = 1
		start.Recipe.BatchSize, start.Recipe.Schedule, start.Recipe.WarmupSteps = 1, name, 3
		steps, _ := f.train(t, start, uneven(11), nil)
		for i, s := range steps {
			if !(math.Abs(s.GetLearningRate()-want[i]) <= 1e-15) {
				t.Errorf("%s, step %d: rate %v, want %v", name, i, s.GetLearningRate(), want[i])
			}
		}
	}
}

// A share of all steps is rounded up, as Hugging Face's Trainer does: 10 examples
// by 4 are 3 steps, of 3 epochs 9, a tenth of which is 1.
func TestAShareOfWarmUpIsRoundedUp(t *testing.T) {
	f := small(t)
	start := startOf(t, f.trainable())
	start.Epochs = 3
	start.Recipe.BatchSize, start.Recipe.WarmupShare = 4, 0.1
	steps, _ := f.train(t, start, uneven(10), nil)
	for i, want := range []float64{0, 1e-3, 1e-3} {
		if got := steps[i].GetLearningRate(); got != want {
			t.Errorf("step %d: rate %v, want %v", i, got, want)
		}
	}
	start.Epochs, start.StateOut = 0, t.TempDir()
	err := f.engine.Train(t.Context(), start, uneven(10), nil, func(*harnesspb.TrainEvent) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "number of epochs") {
		t.Errorf("without the number of epochs: error %v", err)
	}
}

// Weights that no gradient moves are left as they are, but for those that decay:
// not biases and gains of norms, unless the recipe says so.
func TestDecaySparesNormsAndBiases(t *testing.T) {
	f := small(t)
	for decay, spared := range map[string]bool{"": true, "weights": true, "all": false} {
		t.Run("decay "+decay, func(t *testing.T) {
			run := func(weightDecay float64) safetensors.Set {
				start := startOf(t, f.trainable())
				start.Recipe = optimizers()[0]
				start.Recipe.Decay, start.Recipe.WeightDecay = decay, weightDecay
				f.train(t, start, uneven(8), nil)
				return readTensors(t, filepath.Join(start.GetStateOut(), "trained.safetensors"))
			}
			with, without := run(0.5), run(0)
			norms, matrices := 0, 0
			for name := range with {
				same := bytes.Equal(with[name].Data, without[name].Data)
				switch {
				case strings.Contains(name, "ln_") && strings.HasSuffix(name, ".weight"):
					norms++
					if same != spared {
						t.Errorf("%s is spared: %v, want %v", name, same, spared)
					}
				case strings.HasSuffix(name, ".weight"):
					matrices++
					if same {
						t.Errorf("%s does not decay", name)
					}
				}
			}
			if norms == 0 || matrices == 0 {
				t.Fatalf("%d norms and %d matrices: the test shows nothing", norms, matrices)
			}
		})
	}
}

func TestDivergenceIsAResult(t *testing.T) {
	f := small(t)
	for _, o := range optimizers() {
		t.Run(o.GetOptimizer(), func(t *testing.T) {
			o.BatchSize, o.WeightDecay = 2, 1e3
			start := startOf(t, f.trainable())
			start.Recipe, start.LearningRate = o, 1e3
			_, done := f.train(t, start, uneven(40), nil)
			if !strings.Contains(done.GetDiverged(), "step") {
				t.Errorf("diverged is %q, loss %v", done.GetDiverged(), done.GetTrainLoss())
			}
			if files, _ := os.ReadDir(start.GetStateOut()); len(files) != 0 {
				t.Errorf("%d files of a diverged epoch", len(files))
			}
		})
	}
}

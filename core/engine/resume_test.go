package engine_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"harness/core/engine"
	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// optimizers are all that the engine has, with everything that they keep.
func optimizers() []*harnesspb.Optimizer {
	return []*harnesspb.Optimizer{
		{Name: "adamw", LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01, NoDecay: []string{"*bias"}},
		{Name: "adafactor", LearningRate: 1e-3, Epsilon: 1e-30, DecayRate: -0.8, ClipThreshold: 1, WeightDecay: 0.01},
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
func TestEpochsResumeBitForBit(t *testing.T) {
	eachFixture(t, func(t *testing.T, f fixture) {
		g, _, examples := f.training(t)
		rewrite := f.attach(t, "lora", `{"rank": 4, "alpha": 8, "dropout": 0.1}`).GetRewrite()
		run := func(restart int) []string {
			m := f.model()
			m.Rewrite, m.InitSeed = rewrite, 7
			return f.chain(t, m, 2, restart, func(s *harnesspb.TrainStart) {
				s.BatchSize, s.Pad = int32(len(g.Setup.Batches[0].InputIDs)), f.built.GetPad()
			}, examples, examples[:3])
		}
		sameEpochs(t, run(0), run(1))
	})
}

// Training 4 epochs is training 2, stopping, and training 2.
func TestEpochsResumeWithEveryOptimizerAndSchedule(t *testing.T) {
	f := small(t)
	for i, schedule := range []string{"constant", "linear", "cosine"} {
		o := optimizers()[i%2]
		t.Run(o.GetName()+" "+schedule, func(t *testing.T) {
			run := func(restart int) []string {
				return f.chain(t, f.withDropout(t, 0.1), 4, restart, func(s *harnesspb.TrainStart) {
					s.Optimizer, s.MicroBatch = o, 3
					s.Schedule = &harnesspb.Schedule{Name: schedule, WarmupSteps: 2, TotalSteps: 12}
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
	start.Optimizer = optimizers()[0]
	f.train(t, start, uneven(8), nil)
	m.Trained = filepath.Join(start.GetStateOut(), "trained.safetensors")
	for _, c := range []struct {
		name, want string
		change     func(*harnesspb.TrainStart)
	}{
		{"another optimizer", "cannot continue", func(s *harnesspb.TrainStart) { s.Optimizer = optimizers()[1] }},
		{"other parameters", "tensors", func(s *harnesspb.TrainStart) { s.Model.Rewrite = &ir.Rewrite{Train: []string{"*ln*"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := startOf(t, m)
			next.Optimizer, next.Epoch, next.StateIn = optimizers()[0], 1, start.GetStateOut()
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
		start.BatchSize = 1
		start.Schedule = &harnesspb.Schedule{Name: name, WarmupSteps: 3, TotalSteps: 11}
		steps, _ := f.train(t, start, uneven(11), nil)
		for i, s := range steps {
			if !(math.Abs(s.GetLearningRate()-want[i]) <= 1e-15) {
				t.Errorf("%s, step %d: rate %v, want %v", name, i, s.GetLearningRate(), want[i])
			}
		}
	}
}

func TestDivergenceIsAResult(t *testing.T) {
	f := small(t)
	for _, o := range optimizers() {
		t.Run(o.GetName(), func(t *testing.T) {
			o.LearningRate, o.WeightDecay = 1e3, 1e3
			start := startOf(t, f.trainable())
			start.Optimizer, start.BatchSize = o, 2
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

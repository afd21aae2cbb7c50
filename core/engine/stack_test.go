package engine_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/engine"
	"harness/core/protocol/harnesspb"
)

// ran is what one training of an epoch said and left.
type ran struct {
	steps []*harnesspb.TrainStep
	done  *harnesspb.TrainDone
	dir   string
}

// file is one of the files that the training left; empty if it diverged.
func (r ran) file(t testing.TB, name string) string {
	if r.done.GetDiverged() != "" {
		return ""
	}
	return string(readFile(t, filepath.Join(r.dir, name)))
}

// together runs an epoch of trainings side by side. A rate below zero leaves
// its place vacant. before are the epoch's before, or nil.
func (f fixture) together(t testing.TB, like *harnesspb.TrainStart, rates []float64, before []ran, train, validation []*harnesspb.TokenExample) []ran {
	t.Helper()
	start := proto.Clone(like).(*harnesspb.TrainStart)
	start.Optimizer.LearningRate, start.StateOut = 0, ""
	start.Model.Trained = ""
	out := make([]ran, len(rates))
	for i, rate := range rates {
		if rate < 0 {
			start.Together = append(start.Together, &harnesspb.TrainMember{Vacant: true})
			continue
		}
		out[i].dir = t.TempDir()
		m := &harnesspb.TrainMember{LearningRate: rate, Trained: like.GetModel().GetTrained(), StateOut: out[i].dir}
		if before != nil {
			m.StateIn, m.Trained = before[i].dir, filepath.Join(before[i].dir, "trained.safetensors")
		}
		start.Together = append(start.Together, m)
	}
	err := f.engine.Train(t.Context(), start, train, validation, func(e *harnesspb.TrainEvent) error {
		r := &out[e.GetMember()]
		if r.done != nil {
			t.Errorf("training %d goes on after its end", e.GetMember())
		}
		if s := e.GetStep(); s != nil {
			r.steps = append(r.steps, s)
		}
		r.done = e.GetDone()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, rate := range rates {
		if (rate < 0) != (out[i].done == nil) {
			t.Fatalf("training %d at the rate %v ended with %v", i, rate, out[i].done)
		}
	}
	return out
}

// Trainings that differ in their rate have, side by side, the curve, the
// validation and the adapter that each has alone: for every family, with
// dropout, clipping and a schedule.
func TestParityStackedTrainingLoRA(t *testing.T) {
	parityOfStack(t, "lora", `{"rank": 4, "alpha": 8, "dropout": 0.1}`)
}
func TestParityStackedTrainingIA3(t *testing.T) { parityOfStack(t, "ia3", `{}`) }

func parityOfStack(t *testing.T, adapter, config string) {
	eachFixture(t, func(t *testing.T, f fixture) {
		g, _, examples := f.training(t)
		m := f.model()
		m.Rewrite, m.InitSeed = f.attach(t, adapter, config).GetRewrite(), 7
		start := g.start(m, t.TempDir(), f.built.GetPad())
		start.KeepOrder, start.Seed = false, 5
		rate := start.GetOptimizer().GetLearningRate()
		rates := []float64{rate, rate / 3, 2 * rate}
		examples = examples[:min(len(examples), 7*int(start.GetBatchSize()))]
		got := f.together(t, start, rates, nil, examples, examples[:3])
		var worst float64
		for i, rate := range rates {
			alone := proto.Clone(start).(*harnesspb.TrainStart)
			alone.Optimizer.LearningRate, alone.StateOut = rate, t.TempDir()
			steps, done := f.train(t, alone, examples, examples[:3])
			worst = max(worst, got[i].differs(t, ran{steps, done, alone.GetStateOut()}))
		}
		record(t, worst)
		t.Logf("largest difference from training alone: %.1e", worst)
	})
}

// differs compares with the same training alone, and gives the largest
// difference between their losses.
func (r ran) differs(t *testing.T, alone ran) float64 {
	t.Helper()
	if len(r.steps) != len(alone.steps) {
		t.Fatalf("%d steps, alone %d", len(r.steps), len(alone.steps))
	}
	worst := math.Abs(r.done.GetValidationLoss() - alone.done.GetValidationLoss())
	for i, s := range r.steps {
		want := alone.steps[i]
		worst = max(worst, math.Abs(s.GetLoss()-want.GetLoss()))
		if norm := math.Abs(s.GetGradientNorm()/want.GetGradientNorm() - 1); !(norm <= 1e-3) {
			t.Errorf("step %d: the gradient's norm differs by %v of it", i, norm)
		}
		if s.GetLearningRate() != want.GetLearningRate() || s.GetTokens() != want.GetTokens() {
			t.Errorf("step %d is %v, alone %v", i, s, want)
		}
	}
	if !(worst <= 1e-4) {
		t.Errorf("the losses differ by up to %v", worst)
	}
	if r.done.GetTokens() != alone.done.GetTokens() || r.done.GetTrainableParameters() != alone.done.GetTrainableParameters() {
		t.Errorf("ended with %v, alone %v", r.done, alone.done)
	}
	got, want := readTensors(t, filepath.Join(r.dir, "trained.safetensors")), readTensors(t, filepath.Join(alone.dir, "trained.safetensors"))
	var largest, difference float64
	for _, x := range want {
		a, b := floats(t, got, x.Name), floats(t, want, x.Name)
		for k := range b {
			largest = max(largest, math.Abs(float64(b[k])))
			difference = max(difference, math.Abs(float64(a[k]-b[k])))
		}
	}
	if !(difference <= 1e-4*largest) {
		t.Errorf("the trained weights differ by %v, the largest is %v", difference, largest)
	}
	return worst
}

// stackable is a small network with an adapter, and a training of it that goes
// through dropout, micro-batches and validation.
func stackable(t *testing.T, f fixture) *harnesspb.TrainStart {
	m := &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 3}
	m.Rewrite = f.attach(t, "lora", `{"rank": 4, "alpha": 8, "dropout": 0.1, "bias": "all"}`).GetRewrite()
	start := startOf(t, m)
	start.Optimizer, start.MicroBatch, start.Pack = optimizers()[0], 3, true
	return start
}

// A member's bits depend on the width of its stack and on its place, not on
// what is in the other places: whoever has finished before may be left out.
func TestAStacksOtherPlacesChangeNoBit(t *testing.T) {
	f := small(t)
	start := stackable(t, f)
	start.Optimizer.WeightDecay = 1e3 // at the rate 1e3 weights grow a million times a step
	full := f.together(t, start, []float64{1e-6, 2e-6, 3e-6}, nil, uneven(40), uneven(5))
	if full[0].file(t, "trained.safetensors") == full[2].file(t, "trained.safetensors") {
		t.Fatal("the rate makes no difference, so the test tells nothing")
	}
	for _, c := range []struct {
		name  string
		rates []float64
	}{
		{"one vacant", []float64{1e-6, -1, 3e-6}},
		{"two vacant", []float64{-1, -1, 3e-6}},
		{"another rate", []float64{1e-6, 5e-6, 3e-6}},
		{"one diverges", []float64{1e-6, 1e3, 3e-6}},
		{"the first diverges", []float64{1e3, 2e-6, 3e-6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := f.together(t, start, c.rates, nil, uneven(40), uneven(5))
			for i, rate := range c.rates {
				switch rate {
				case 1e3:
					if !strings.Contains(got[i].done.GetDiverged(), "step") || !slices.Equal(names(t, got[i].dir), nil) {
						t.Errorf("training %d: diverged is %q, and it left %v", i, got[i].done.GetDiverged(), names(t, got[i].dir))
					}
				case full[i].rate():
					for _, file := range []string{"trained.safetensors", "optimizer.safetensors"} {
						if got[i].file(t, file) != full[i].file(t, file) {
							t.Errorf("training %d: %s has other bits", i, file)
						}
					}
					if got[i].done.GetValidationLoss() != full[i].done.GetValidationLoss() {
						t.Errorf("training %d: another validation loss", i)
					}
				}
			}
		})
	}
}

// rate is that of the last step; the schedule is constant.
func (r ran) rate() float64 { return r.steps[len(r.steps)-1].GetLearningRate() }

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A stack's epochs continue from their files with the bits that they have
// without a break.
func TestAStacksEpochsResumeBitForBit(t *testing.T) {
	f := small(t)
	run := func(restart bool) (all []string) {
		start, f := stackable(t, f), f
		start.Schedule = &harnesspb.Schedule{Name: "cosine", WarmupSteps: 2, TotalSteps: 10}
		rates := []float64{1e-3, 3e-3}
		first := f.together(t, start, rates, nil, uneven(40), uneven(5))
		if restart {
			f.engine = engine.New(engine.Options{Backend: os.Getenv("GOMLX_BACKEND")})
			defer f.engine.Close()
		}
		start.Epoch = 1
		for _, r := range f.together(t, start, rates, first, uneven(40), uneven(5)) {
			all = append(all, r.file(t, "trained.safetensors"), r.file(t, "optimizer.safetensors"))
		}
		return all
	}
	if !slices.Equal(run(false), run(true)) {
		t.Error("the second epoch differs after a restart")
	}
}

func TestStacksThatCannotBeAreRefused(t *testing.T) {
	f := small(t)
	member := func() *harnesspb.TrainMember {
		return &harnesspb.TrainMember{LearningRate: 1e-3, StateOut: t.TempDir()}
	}
	for _, c := range []struct {
		name, want string
		change     func(*harnesspb.TrainStart)
	}{
		{"norms of products", "dora", func(s *harnesspb.TrainStart) { s.Model.Rewrite = f.attach(t, "dora", `{"rank": 2}`).GetRewrite() }},
		{"a table", "embedding", func(s *harnesspb.TrainStart) { s.Model.Rewrite = f.attach(t, "full", `{}`).GetRewrite() }},
		{"a prefix", "together", func(s *harnesspb.TrainStart) {
			s.Model.Rewrite = f.attach(t, "prefix", `{"tokens": 2}`).GetRewrite()
		}},
		{"a rate beside", "learning rate", func(s *harnesspb.TrainStart) { s.Optimizer.LearningRate = 1 }},
		{"one folder for two", "folder of another", func(s *harnesspb.TrainStart) { s.Together[1].StateOut = s.Together[0].StateOut }},
		{"no folder", "no folder", func(s *harnesspb.TrainStart) { s.Together[1].StateOut = "" }},
		{"a rate out of range", "out of range", func(s *harnesspb.TrainStart) { s.Together[1].LearningRate = math.Inf(1) }},
		{"a vacant place with a rate", "vacant", func(s *harnesspb.TrainStart) { s.Together[1].Vacant = true }},
		{"nothing to train", "vacant", func(s *harnesspb.TrainStart) {
			s.Together = []*harnesspb.TrainMember{{Vacant: true}, {Vacant: true}}
		}},
		{"a first epoch that continues", "epoch 0", func(s *harnesspb.TrainStart) { s.Together[1].StateIn = t.TempDir() }},
		{"too many", "at most", func(s *harnesspb.TrainStart) {
			for range 64 {
				s.Together = append(s.Together, member())
			}
		}},
		{"too many rows", "at once", func(s *harnesspb.TrainStart) { s.BatchSize = 4096 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := stackable(t, f)
			start.Optimizer.LearningRate, start.StateOut = 0, ""
			start.Together = []*harnesspb.TrainMember{member(), member()}
			c.change(start)
			err := f.engine.Train(context.Background(), start, uneven(8), nil, func(*harnesspb.TrainEvent) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

package engine_test

import (
	"math"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// trainable is a small network all of whose weights train.
func (f fixture) trainable() *harnesspb.ModelState {
	return &harnesspb.ModelState{Graph: f.built.GetGraph(), InitSeed: 3, Rewrite: &ir.Rewrite{Train: []string{"*"}}}
}

// uneven gives examples of 3 to 60 tokens, a few of them labels.
func uneven(n int) []*harnesspb.TokenExample {
	var out []*harnesspb.TokenExample
	for i := range n {
		x := &harnesspb.TokenExample{}
		for j := range 3 + (i*i*7)%58 {
			x.Ids = append(x.Ids, int32((11*i+5*j+j*j)%64))
		}
		x.PromptLength = int32(max(1, len(x.Ids)-2-i%5))
		out = append(out, x)
	}
	return out
}

func startOf(t testing.TB, m *harnesspb.ModelState) *harnesspb.TrainStart {
	return &harnesspb.TrainStart{
		Model: m, StateOut: t.TempDir(), Seed: 1, LearningRate: 1e-3,
		Recipe: &harnesspb.Recipe{
			BatchSize: 8, Clip: 1, Schedule: "constant", Optimizer: "adafactor", Epsilon: 1e-30, DecayRate: -0.8, ClipThreshold: 1,
		},
	}
}

// The way in which a batch is computed must not change what is learnt: the
// same network is trained in one way, then in another, and both must agree up
// to rounding. Dropout is on, so that its masks must agree too.
func TestABatchIsTheSameHoweverItIsComputed(t *testing.T) {
	f := small(t)
	dropping := f.withDropout(t, 0.2)
	for _, c := range []struct {
		name   string
		change func(*harnesspb.TrainStart)
	}{
		{"one example at a time", func(s *harnesspb.TrainStart) { s.Recipe.MicroBatch = 1 }},
		{"three at a time", func(s *harnesspb.TrainStart) { s.Recipe.MicroBatch = 3 }},
		{"packed", func(s *harnesspb.TrainStart) { s.Recipe.Packing = true }},
		{"packed, two rows at a time", func(s *harnesspb.TrainStart) { s.Recipe.Packing, s.Recipe.MicroBatch = true, 2 }},
		{"with checkpoints", func(s *harnesspb.TrainStart) {
			s.Recipe.GradientCheckpointing = "on"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			train := func(change func(*harnesspb.TrainStart)) ([]*harnesspb.TrainStep, *harnesspb.TrainDone, string) {
				start := startOf(t, dropping)
				change(start)
				steps, done := f.train(t, start, uneven(40), uneven(13))
				return steps, done, filepath.Join(start.GetStateOut(), "trained.safetensors")
			}
			want, wantDone, wantFile := train(func(*harnesspb.TrainStart) {})
			got, gotDone, gotFile := train(c.change)
			for i := range want {
				if d := math.Abs(want[i].GetLoss() - got[i].GetLoss()); !(d <= 1e-5) {
					t.Errorf("step %d: the loss differs by %v", i, d)
				}
				if d := math.Abs(want[i].GetGradientNorm()/got[i].GetGradientNorm() - 1); !(d <= 1e-4) {
					t.Errorf("step %d: the gradient's norm differs by %v of it", i, d)
				}
			}
			if d := math.Abs(wantDone.GetValidationLoss() - gotDone.GetValidationLoss()); !(d <= 1e-5) {
				t.Errorf("the validation loss differs by %v", d)
			}
			if wantDone.GetValidationExactMatch() != gotDone.GetValidationExactMatch() {
				t.Errorf("exact match %v, want %v", gotDone.GetValidationExactMatch(), wantDone.GetValidationExactMatch())
			}
			a, b := readTensors(t, wantFile), readTensors(t, gotFile)
			for _, x := range a {
				closeTo(t, x.Name, floats(t, b, x.Name), floats(t, a, x.Name), 1e-4)
			}
		})
	}
}

// withDropout is a small trainable network that drops in three places of each
// layer, attention among them.
func (f fixture) withDropout(t testing.TB, rate float64) *harnesspb.ModelState {
	t.Helper()
	m := f.trainable()
	m.Graph = proto.Clone(m.Graph).(*ir.Graph)
	dropped := 0
	for _, item := range m.Graph.GetDecoder().GetItems() {
		for _, node := range item.GetRepeat().GetNodes() {
			if a := node.GetAttention(); a != nil {
				a.Dropout = rate
				dropped++
			}
			if d := node.GetDropout(); d != nil {
				d.Rate = rate
				dropped++
			}
		}
	}
	if dropped == 0 {
		t.Fatal("the network has no place for dropout")
	}
	return m
}

// Exact match must be what greedy decoding would give: it is compared with the
// logits that Forward gives.
func TestExactMatchIsThatOfTheLogits(t *testing.T) {
	f := small(t)
	m := f.trainable()
	// The same few examples again and again, until some are known by heart.
	var train []*harnesspb.TokenExample
	validation := uneven(12)
	for range 30 {
		train = append(train, validation[:6]...)
	}
	start := startOf(t, m)
	start.LearningRate = 1e-2
	_, done := f.train(t, start, train, validation)
	m.Trained = filepath.Join(start.GetStateOut(), "trained.safetensors")
	matches := 0
	for _, x := range validation {
		logits := f.forward(t, m, input{IDs: x.GetIds()})[0]
		match := true
		for at := int(x.GetPromptLength()); at < len(x.GetIds()); at++ {
			row := logits[(at-1)*64:][:64]
			for _, v := range row {
				match = match && v <= row[x.GetIds()[at]]
			}
		}
		if match {
			matches++
		}
	}
	t.Logf("%d of %d match", matches, len(validation))
	if matches == 0 || matches == len(validation) {
		t.Fatal("the test tells nothing")
	}
	if got, want := done.GetValidationExactMatch(), float64(matches)/float64(len(validation)); got != want {
		t.Errorf("exact match %v, the logits say %v", got, want)
	}
}

// Under left padding without position ids the shorter example of a batch stands
// at later positions. Alone, behind a first position that is as late, it must
// have the same loss; networks that know only distances do not notice.
func TestPositionsCountFromThePadding(t *testing.T) { eachKind(t, positionsCountFromThePadding) }

func TestSlowPositionsCountFromThePadding(t *testing.T) { eachOther(t, positionsCountFromThePadding) }

func positionsCountFromThePadding(t *testing.T, f fixture) {
	g, _, examples := f.training(t)
	batch := examples[:len(g.Setup.Batches[0].InputIDs)]
	longest := 0
	for _, x := range batch {
		longest = max(longest, len(x.GetIds()))
	}
	loss := func(first int64, change func(*harnesspb.TrainStart), batch ...*harnesspb.TokenExample) float64 {
		start := startOf(t, f.trainable())
		start.Model.Checkpoint, start.Model.Rewrite.FirstPosition = f.dir, first
		start.LearningRate, start.KeepOrder = 0, true
		change(start)
		steps, _ := f.train(t, start, batch, nil)
		return steps[0].GetLoss()
	}
	var sum, labels float64
	for _, x := range batch {
		n := float64(len(x.GetIds()) - int(x.GetPromptLength()))
		sum += n * loss(int64(longest-len(x.GetIds())), func(*harnesspb.TrainStart) {}, x)
		labels += n
	}
	want := sum / labels
	padded := func(s *harnesspb.TrainStart) { s.Recipe.Padding = "left-counted" }
	got := loss(0, padded, batch...)
	t.Logf("loss %.6f, without padding %.6f", got, loss(0, func(*harnesspb.TrainStart) {}, batch...))
	if !(math.Abs(got-want) <= 1e-4) {
		t.Errorf("loss %v, the examples alone at their positions have %v", got, want)
	}
	// Micro-batches asked for are padded each by itself.
	alone := loss(0, func(s *harnesspb.TrainStart) { padded(s); s.Recipe.MicroBatch = 1 }, batch...)
	if plain := loss(0, func(*harnesspb.TrainStart) {}, batch...); !(math.Abs(alone-plain) <= 1e-4) {
		t.Errorf("one example at a time: loss %v, want %v", alone, plain)
	}
}

package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"

	pb "harness/core/protocol/harnesspb"
)

// Options of prompts within a key.
type Options struct {
	BuggyLines bool `json:"buggy_lines"`
	FineTuned  bool `json:"fine_tuned"`
}

func (o Options) message() *pb.PromptOptions {
	return &pb.PromptOptions{BuggyLines: o.BuggyLines, FineTuned: o.FineTuned}
}

// Train runs one epoch segment. It leaves trained.safetensors,
// optimizer.safetensors, train.json, steps.jsonl and, where PEFT knows the
// method, the folder adapter/ in PEFT's format.
type Train struct {
	Engine       Engine     `json:"engine"`
	Network      Network    `json:"network"`
	Examples     ID         `json:"-"`
	Recipe       *pb.Recipe `json:"recipe"`
	LearningRate float64    `json:"learning_rate"`
	// Epochs of the whole training, only where a step's rate depends on it: a
	// chain with a constant rate is the same whatever its end.
	Epochs   int `json:"epochs,omitempty"`
	Epoch    int `json:"epoch"` // 0-based
	Previous ID  `json:"-"`     // the segment before; empty: there is none
	// Choice says that it is one of several to choose among: see Examples.
	Choice bool `json:"-"`
}

// TrainResult is train.json.
type TrainResult struct {
	Epoch          int     `json:"epoch"`            // 1-based: how many epochs the weights have seen
	Epochs         int     `json:"epochs,omitempty"` // of the whole run, where its schedule depends on it
	LearningRate   float64 `json:"learning_rate"`
	TrainLoss      float64 `json:"train_loss"`
	ValidationLoss float64 `json:"validation_loss"`
	// ExactMatch is the share of validation examples that greedy decoding
	// would get right to the last token; absent without validation examples.
	ExactMatch *float64 `json:"validation_exact_match,omitempty"`
	Diverged   string   `json:"diverged,omitempty"`
	Examples   int      `json:"examples"`
	Validation int      `json:"validation_examples"`
	Tokens     int64    `json:"tokens"`
	Seconds    float64  `json:"seconds"`
	Trainable  int64    `json:"trainable_parameters"`
	All        int64    `json:"all_parameters"`
	PeakMemory int64    `json:"peak_memory_bytes,omitempty"`
	// MicroBatch is how many examples were computed at once in the end.
	MicroBatch int `json:"micro_batch,omitempty"`
	// Reduced says that memory allowed fewer at once than the study asks for.
	Reduced bool `json:"micro_batch_reduced,omitempty"`
}

func (Train) Kind() string       { return "train" }
func (Train) Version() int       { return 3 }
func (Train) Resource() Resource { return Device }

func (w Train) Inputs() []Input {
	return inputs(w.Network.input(), Input{"examples", w.Examples, TokensPart}, Input{"previous", w.Previous, statePart})
}

// Parts of a train step: the weights, with which candidates are generated; what
// was measured, by which a grid's point is chosen; and the state from which the
// next epoch goes on.
const (
	WeightsPart  = "weights"
	measuredPart = "measured"
	statePart    = "state"
)

// Parts implements [Divisible]. A training that was lost has no weights.
func (Train) Parts(dir string) (map[string]string, error) {
	var r TrainResult
	if err := readResult(dir, "train.json", &r); err != nil {
		return nil, err
	}
	r.Seconds, r.PeakMemory = 0, 0 // decide nothing
	weights, err := fileDigest(dir, trainedFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	optimizer, err := fileDigest(dir, "optimizer.safetensors")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	measured, err := partOf([]any{r, weights})
	if err != nil {
		return nil, err
	}
	state, err := partOf([]any{weights, optimizer, r.Diverged})
	return map[string]string{WeightsPart: weights, measuredPart: measured, statePart: state}, err
}

func (w Train) Run(ctx context.Context, env *Env, dir string) error {
	if w.Previous != "" {
		var before TrainResult
		if err := env.Results.ReadJSON(w.Previous, "train.json", &before); err != nil {
			return err
		}
		if before.Diverged != "" { // further epochs of a lost training are lost too
			before.Epoch, before.Seconds, before.Tokens = w.Epoch+1, 0, 0
			return writeJSON(dir, "train.json", before)
		}
	}
	net, err := w.Network.open(ctx, env)
	if err != nil {
		return err
	}
	examples, err := readExamples(env.Results, w.Examples)
	if err != nil {
		return err
	}
	if w.Choice && len(examples.validation) == 0 {
		return errNoValidation // the examples are another study's, which had no need of them
	}
	start, err := w.start(ctx, env, net, dir)
	if err != nil {
		return err
	}
	done, err := w.train(ctx, env, start, examples, dir)
	if err != nil {
		return err
	}
	if done.Diverged == "" {
		if err := savePEFT(net, dir); err != nil {
			return err
		}
	}
	env.notePeak(done.PeakMemoryBytes)
	return writeJSON(dir, "train.json", TrainResult{
		Epoch: w.Epoch + 1, Epochs: w.Epochs, LearningRate: w.LearningRate,
		TrainLoss: finite(done.TrainLoss), ValidationLoss: finite(done.ValidationLoss), Diverged: done.Diverged,
		Examples: len(examples.train), Validation: len(examples.validation), Tokens: done.Tokens, Seconds: done.Seconds,
		Trainable: done.TrainableParameters, All: done.AllParameters, PeakMemory: done.PeakMemoryBytes,
		ExactMatch: numberOrNil(done.ValidationExactMatch), MicroBatch: int(done.MicroBatch), Reduced: reduced(w.Recipe, done.MicroBatch),
	})
}

// start says to the engine what to train.
func (w Train) start(ctx context.Context, env *Env, net *network, dir string) (*pb.TrainStart, error) {
	start := &pb.TrainStart{
		Model: net.state, Recipe: w.Recipe, LearningRate: w.LearningRate, Seed: w.Network.Seed,
		Epoch: int32(w.Epoch), Epochs: int32(w.Epochs), StateOut: dir, Pad: net.built.Pad,
	}
	if w.Previous != "" {
		var err error
		if start.StateIn, err = env.Results.Folder(ctx, w.Previous); err != nil {
			return nil, err
		}
		start.Model.Trained = trainedPath(start.StateIn)
	}
	return start, nil
}

// train has the engine train, and writes down its steps.
func (w Train) train(ctx context.Context, env *Env, start *pb.TrainStart, examples *tokenExamples, dir string) (done *pb.TrainDone, err error) {
	engine, err := env.engine(ctx, w.Engine)
	if err != nil {
		return nil, err
	}
	log, err := createLines(dir, "steps.jsonl")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	err = engine.Train(ctx, start, examples.train, examples.validation, func(e *pb.TrainEvent) error {
		if s := e.GetStep(); s != nil {
			env.Progress(s.Step, s.Steps, fmt.Sprintf("loss %.4f", s.Loss))
			return log.write(trainStep{s.Step, finite(s.Loss), finite(s.GradientNorm), s.LearningRate, s.Tokens})
		}
		done = e.GetDone()
		return nil
	})
	if err == nil && done == nil {
		err = fmt.Errorf("engine %s ended training without a result", w.Engine.Name)
	}
	return done, err
}

type trainStep struct {
	Step         int64   `json:"step"`
	Loss         float64 `json:"loss"`
	GradientNorm float64 `json:"gradient_norm"`
	LearningRate float64 `json:"learning_rate"`
	Tokens       int64   `json:"tokens"`
}

// reduced reports whether fewer examples than a recipe asks for were computed at
// once.
func reduced(r *pb.Recipe, microBatch int32) bool {
	wanted := r.GetBatchSize()
	if r.GetMicroBatch() > 0 {
		wanted = r.GetMicroBatch()
	}
	return microBatch > 0 && microBatch < wanted
}

// finite replaces NaN and infinity, which JSON cannot encode. The words beside
// such a number say why there is none (diverged, no validation examples).
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.MaxFloat64
	}
	return x
}

// numberOrNil is nil for NaN, which stands for a number that was not measured.
func numberOrNil(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

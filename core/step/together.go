package step

import (
	"context"
	"errors"
	"fmt"

	pb "harness/core/protocol/harnesspb"
)

// Joint is Work of which several pieces can be done at once.
type Joint interface {
	Work
	// RunTogether does all parts, one of which is the receiver, and gives each
	// one's error. Every part writes its own outcome, as Run would.
	RunTogether(ctx context.Context, parts []Part) []error
}

// Part is a piece of work with what it runs in.
type Part struct {
	Work Work
	Env  *Env
	Dir  string
}

// Place is where a training is computed among others that differ from it in
// their learning rate alone. It is part of a step's key, because the last bits
// of a training hang on the width of its stack and on its place there. They do
// not hang on the other places: a training whose neighbours are in the store
// already, have diverged or have been given other rates is the same training,
// and runs with vacant places beside it.
type Place struct {
	Width int `json:"width"` // how many there are, two or more
	Index int `json:"index"` // 0-based, in the order of the rates
}

// training is one part of a joint training.
type training struct {
	Part
	work Train
	log  *lineWriter
	done *pb.TrainDone
	err  error
}

// RunTogether trains one epoch segment of several trainings side by side, or of
// one. The error of one leaves the others alone where they could end.
func (w Train) RunTogether(ctx context.Context, parts []Part) []error {
	all := make([]*training, len(parts))
	var rest []*training
	for i, p := range parts {
		t := &training{Part: p}
		all[i] = t
		var ended bool
		if t.work, ended, t.err = w.partner(p); t.err == nil && !ended {
			rest = append(rest, t)
		}
	}
	if len(rest) > 0 {
		if err := w.train(ctx, rest); err != nil {
			for _, t := range rest {
				t.err = errors.Join(err, t.err)
			}
		}
	}
	errs := make([]error, len(all))
	for i, t := range all {
		errs[i] = t.err
	}
	return errs
}

// partner is a part as training, and whether it ended before: further epochs of
// a lost training are lost too.
func (w Train) partner(p Part) (Train, bool, error) {
	t, ok := p.Work.(Train)
	if !ok {
		return t, false, fmt.Errorf("%s cannot be done together with %s", p.Work.Kind(), w.Kind())
	}
	if t.Previous == "" {
		return t, false, nil
	}
	var before TrainResult
	if err := ReadJSON(p.Env.Store, t.Previous, "train.json", &before); err != nil || before.Diverged == "" {
		return t, false, err
	}
	before.Epoch = t.Epoch + 1
	before.Seconds, before.Tokens = 0, 0
	return t, true, writeJSON(p.Dir, "train.json", before)
}

// train has the engine train. What all have in common is the first's.
func (w Train) train(ctx context.Context, all []*training) (err error) {
	first := all[0]
	env := first.Env
	net, err := first.work.Network.open(ctx, env)
	if err != nil {
		return err
	}
	examples, err := first.work.examples(ctx, env, net)
	if err != nil {
		return err
	}
	engine, err := env.Plugins.Engine(ctx, w.Engine.Name)
	if err != nil {
		return err
	}
	defer func() {
		for _, t := range all {
			if t.log != nil {
				err = errors.Join(err, t.log.close())
			}
		}
	}()
	at := map[int]*training{}
	for _, t := range all {
		if t.log, err = createLines(t.Dir, "steps.jsonl"); err != nil {
			return err
		}
		index := 0
		if t.work.Together != nil {
			index = t.work.Together.Index
		}
		if at[index] != nil {
			return fmt.Errorf("two trainings share place %d", index)
		}
		at[index] = t
	}
	start, err := startOf(all, net, len(examples.train))
	if err != nil {
		return err
	}
	err = engine.Train(ctx, start, examples.train, examples.validation, func(e *pb.TrainEvent) error {
		t := at[int(e.GetMember())]
		if t == nil {
			return fmt.Errorf("engine %s tells of a training %d that it was not given", w.Engine.Name, e.GetMember())
		}
		return t.hear(e)
	})
	if err != nil {
		return err
	}
	for _, t := range all {
		t.err = t.end(net, examples)
	}
	return nil
}

func (t *training) hear(e *pb.TrainEvent) error {
	if s := e.GetStep(); s != nil {
		t.Env.Progress(s.Step, s.Steps, fmt.Sprintf("loss %.4f", s.Loss))
		return t.log.write(trainStep{s.Step, finite(s.Loss), finite(s.GradientNorm), s.LearningRate, s.Tokens})
	}
	t.done = e.GetDone()
	return nil
}

// end writes the result of a training that the engine is done with.
func (t *training) end(net *network, examples *tokenExamples) error {
	w, done := t.work, t.done
	if done == nil {
		return fmt.Errorf("engine %s ended training without a result", w.Engine.Name)
	}
	if done.Diverged == "" {
		if err := savePEFT(net, t.Dir); err != nil {
			return err
		}
	}
	r := TrainResult{
		Epoch: w.Epoch + 1, Epochs: w.Optimization.TotalEpochs, LearningRate: w.Optimization.LearningRate,
		TrainLoss: finite(done.TrainLoss), ValidationLoss: finite(done.ValidationLoss), Diverged: done.Diverged,
		Examples: len(examples.train), Validation: len(examples.validation), Dropped: examples.dropped,
		Tokens: done.Tokens, Seconds: done.Seconds,
		Trainable: done.TrainableParameters, All: done.AllParameters, PeakMemory: done.PeakMemoryBytes,
		Longest: examples.longest(), MostLabels: examples.mostLabels(),
		ExactMatch: known(done.ValidationExactMatch), MicroBatch: int(done.MicroBatch), Reduced: w.Optimization.reduced(done.MicroBatch),
	}
	if w.Together != nil {
		r.Together = w.Together.Width
	}
	return writeJSON(t.Dir, "train.json", r)
}

// startOf is the engine's order: one training, or a stack with a vacant place
// for each that is not to be trained now.
func startOf(all []*training, net *network, examples int) (*pb.TrainStart, error) {
	first := all[0].work
	start, err := first.Optimization.message(net, examples)
	if err != nil {
		return nil, err
	}
	start.Model, start.Seed, start.Epoch, start.Pad = net.state, first.Network.Seed, int32(first.Epoch), net.built.Pad
	start.Model.Precision = precisionMessage(first.Optimization.Precision)
	if first.Together == nil {
		m := all[0].member()
		start.Model.Trained, start.StateIn, start.StateOut = m.Trained, m.StateIn, m.StateOut
		return start, nil
	}
	start.Optimizer.LearningRate = 0
	for range first.Together.Width {
		start.Together = append(start.Together, &pb.TrainMember{Vacant: true})
	}
	for _, t := range all {
		p := t.work.Together
		if p == nil || p.Width != first.Together.Width || p.Index < 0 || p.Index >= p.Width {
			return nil, fmt.Errorf("trainings of different stacks: %+v and %+v", first.Together, p)
		}
		start.Together[p.Index] = t.member()
	}
	return start, nil
}

func (t *training) member() *pb.TrainMember {
	m := &pb.TrainMember{LearningRate: t.work.Optimization.LearningRate, StateOut: t.Dir}
	if previous := t.work.Previous; previous != "" {
		m.StateIn, m.Trained = t.Env.Store.Path(previous), trainedFile(t.Env.Store, previous)
	}
	return m
}

package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/study"
)

// trials walks the study's cells: models outermost, all in declaration order.
// Where a study has no benchmark, training alone is measured; where it has no
// prompt, the buggy lines are shown.
func (b *builder) trials(ctx context.Context) error {
	benchmarks := b.study.Benchmarks
	if len(benchmarks) == 0 {
		benchmarks = []*study.Block{nil}
	}
	prompts := b.study.Prompts
	if len(prompts) == 0 {
		prompts = []*study.Prompt{{Name: study.DefaultPrompt, BuggyLines: true}}
	}
	for _, model := range b.study.Models {
		for _, adapter := range b.study.Adapters {
			if !adapter.Fits(model) {
				continue
			}
			for _, benchmark := range benchmarks {
				for _, prompt := range prompts {
					if !adapter.Takes(prompt) {
						continue
					}
					t := trial{builder: b, model: model, adapter: adapter, benchmark: benchmark, prompt: prompt}
					if err := t.plan(ctx); err != nil {
						return err
					}
				}
			}
		}
	}
	if len(b.plan.Trials) == 0 {
		return fmt.Errorf("study %s has no trials: give it a benchmark, or an adapter that trains", b.study.Name)
	}
	return nil
}

type trial struct {
	*builder
	model, adapter, benchmark *study.Block
	prompt                    *study.Prompt

	describedModel, describedAdapter *pb.Description
	snapshot                         step.ID
}

func (t *trial) plan(ctx context.Context) error {
	var err error
	if t.describedModel, err = t.World.Describe(ctx, "model", t.model.Type); err != nil {
		return err
	}
	if t.describedAdapter, err = t.World.Describe(ctx, "adapter", t.adapter.Type); err != nil {
		return err
	}
	if !t.describedModel.Generates {
		if err := t.prepare(ctx); err != nil {
			return err
		}
	}
	work := step.Score{Labels: map[string]string{"model": t.model.Name, "adapter": t.adapter.Name, "prompt": t.prompt.Name}}
	var weights step.ID
	switch {
	case t.adapter.Load != "":
		weights, err = t.imported()
	case t.describedAdapter.Trains:
		weights, err = t.trained()
		work.Select = weights
	}
	if err != nil {
		return err
	}
	if t.benchmark != nil {
		work.Labels["benchmark"] = t.benchmark.Name
		if work.Verdicts, work.Bugs, err = t.judged(weights); err != nil {
			return err
		}
	}
	if work.Verdicts == "" && work.Select == "" {
		return nil // an untrained model without a benchmark: nothing to measure
	}
	key, err := t.add(t.name("score"), work)
	if err != nil {
		return err
	}
	t.builder.plan.Trials = append(t.builder.plan.Trials, &Trial{Labels: work.Labels, Score: key, Select: work.Select})
	return nil
}

// name labels a step with the parts of the trial that decide it.
func (t *trial) name(what string, parts ...string) string {
	return label(append([]string{what + " " + t.model.Name, t.adapter.Name, t.prompt.Name}, parts...)...)
}

// prepare adds the checkpoint and finds the engine.
func (t *trial) prepare(ctx context.Context) error {
	if err := t.openEngine(ctx); err != nil {
		return err
	}
	if s := t.model.Scratch; s != nil {
		dataset, err := t.dataset(s.Dataset)
		if err != nil {
			return err
		}
		work := t.initialCheckpoint(t.model, s, t.describedModel)
		work.Dataset = dataset
		t.snapshot, err = t.add("init "+t.model.Name, work)
		return err
	}
	var err error
	t.snapshot, err = t.add("snapshot "+t.model.Name, step.Snapshot{Digest: t.digests[t.model.Source], Dir: t.path(t.model.Source)})
	return err
}

// endOfText ends texts where a study names no other token for it.
const endOfText = "<|endoftext|>"

// initialCheckpoint is the step that makes a model from nothing, still without its
// data set.
func (b *builder) initialCheckpoint(model *study.Block, s *study.Scratch, described *pb.Description) step.Init {
	return step.Init{
		Model: b.plugins[model], Config: s.Config, Vocabulary: s.Vocabulary, Seed: b.study.Seed,
		Tokens: specialTokens(s, described), EndToken: cmp.Or(s.EndToken, endOfText), BeginToken: s.BeginToken, PadToken: s.PadToken,
	}
}

// specialTokens are those of a tokenizer made here, in the order of their ids.
func specialTokens(s *study.Scratch, described *pb.Description) []string {
	tokens := slices.Clone(s.Tokens)
	for _, token := range slices.Concat([]string{s.PadToken, s.BeginToken, cmp.Or(s.EndToken, endOfText)}, described.PromptTokens) {
		if token != "" && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// network is the trial's network. Where it trains, what starts from random
// numbers is drawn with the study's seed.
func (t *trial) network() step.Network {
	n := step.Network{Model: t.plugins[t.model], Snapshot: t.snapshot, Adapter: t.plugins[t.adapter]}
	if t.adapter.Load != "" {
		n.Adapter, n.Saved = n.Adapter.Bare(), t.saved[t.adapter.Load]
	}
	return n
}

func (t *trial) options() step.Options {
	return step.Options{
		BuggyLines: t.prompt.BuggyLines,
		FineTuned:  t.describedAdapter.Trains || t.describedAdapter.Recorded,
	}
}

func (t *trial) imported() (step.ID, error) {
	return t.add(label("import "+t.model.Name, t.adapter.Name), step.Import{
		Network: t.network(), Digest: t.digests[t.adapter.Load], Dir: t.path(t.adapter.Load),
	})
}

// trained adds the grid of epoch segments and the choice among them.
func (t *trial) trained() (step.ID, error) {
	recipe := t.study.Train
	dataset, err := t.trainingData(recipe.Dataset)
	if err != nil {
		return "", err
	}
	examples, err := t.add(label("examples "+t.model.Name, t.prompt.Name), step.Examples{
		Model: t.plugins[t.model], Snapshot: t.snapshot, Dataset: dataset, Options: t.options(),
		Lengths: step.Lengths{Max: recipe.MaxLength, MaxPrompt: recipe.MaxPromptLength, MaxTarget: recipe.MaxTargetLength},
		Choice:  recipe.Points() > 1,
	})
	if err != nil {
		return "", err
	}
	t.noteExamples(recipe.Dataset, examples)
	choice := step.Select{Metric: recipe.Metric, Goal: recipe.Goal}
	for _, rate := range recipe.LearningRates {
		ends, err := t.segments(examples, rate)
		if err != nil {
			return "", err
		}
		choice.Candidates = append(choice.Candidates, ends...)
	}
	return t.add(t.name("select"), choice)
}

// segments adds the training of one learning rate and returns the segments
// that can be chosen. Where the rate of a step does not depend on the total all
// totals share one chain; else each needs its own.
func (t *trial) segments(examples step.ID, rate float64) ([]step.ID, error) {
	train := t.study.Train
	work := step.Train{Engine: *t.builder.plan.Engine, Network: t.network(), Examples: examples, Recipe: train.Recipe, LearningRate: rate, Choice: train.Points() > 1}
	work.Network.Seed = t.study.Seed
	var choices []step.ID
	for _, total := range train.Epochs {
		if train.DependsOnTotal() {
			work.Epochs = total
		}
		work.Previous = ""
		for epoch := range total {
			work.Epoch = epoch
			id, err := t.add(t.name("train", fmt.Sprintf("lr %g", rate), fmt.Sprintf("epoch %d", epoch+1)), work)
			if err != nil {
				return nil, err
			}
			work.Previous = id
			if (train.EveryEpoch || epoch == total-1) && !slices.Contains(choices, id) {
				choices = append(choices, id)
			}
		}
	}
	return choices, nil
}

// judged adds generation and validation; it names the steps with the verdicts
// and the bugs.
func (t *trial) judged(weights step.ID) (verdicts, bugs step.ID, err error) {
	bench, err := t.builder.benchmark(t.benchmark)
	if err != nil {
		return "", "", err
	}
	generate := step.Generate{
		Network: t.network(), Bugs: bench.Bugs, Weights: weights, Options: t.options(),
	}
	t.decode(&generate)
	if t.describedModel.Generates {
		generate.AdapterLabel, generate.PromptLabel, generate.Benchmark = t.adapter.Name, t.prompt.Name, t.benchmark.Type
	} else {
		generate.Engine = t.builder.plan.Engine
	}
	candidates, err := t.add(t.name("generate", t.benchmark.Name), generate)
	if err != nil {
		return "", "", err
	}
	verdicts, err = t.add(t.name("validate", t.benchmark.Name), step.Validate{
		Model: t.plugins[t.model], Options: t.options(), Benchmark: t.plugins[t.benchmark], Data: bench.Data, Bugs: bench.Bugs, Candidates: candidates,
		Extract: t.model.Extract, Baseline: bench.Baseline, Sandbox: t.sandbox(),
	})
	return verdicts, bench.Bugs, err
}

// decode sets how this trial decodes, without what decides nothing.
func (t *trial) decode(w *step.Generate) {
	g := t.study.Generate
	if t.describedModel.Generates {
		w.Decoding = &pb.Decoding{Candidates: g.Decoding.GetCandidates()}
		return
	}
	w.Decoding = proto.Clone(g.Decoding).(*pb.Decoding)
	if w.Decoding.Decode == "sample" {
		w.Decoding.Seed = t.study.Seed
	}
	w.MaxPromptLength, w.IgnoreStops = g.MaxPromptLength, !g.StopStrings
	if n := t.model.MaxPromptLength; n > 0 {
		w.MaxPromptLength = n
	}
	if n := t.benchmark.MaxNewTokens; n > 0 {
		w.Decoding.MaxNewTokens = int32(n)
	}
}

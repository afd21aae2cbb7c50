package plan

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"harness/core/ir"
	"harness/core/store"
	"harness/core/study"
)

// Stack says whether a network's trainings that differ in their learning rate
// alone are computed side by side. One batch then serves all of them: frozen
// weights are read once and meet the rows of all, each of which meets the
// adapter of its own training. See step.Place for what that does to keys.
//
// It is decided from the study alone, never by what a store holds or a machine
// is, since it decides the last bits of results and so their keys: a report
// elsewhere must find them.
type Stack struct {
	Model   string `json:"model"`
	Adapter string `json:"adapter"`
	// Width is how many run side by side at most; 1: each by itself.
	Width int `json:"width"`
	// Gain is by how much less time a training is predicted to take on a CPU; 0
	// where there is nothing to predict.
	Gain float64 `json:"gain,omitempty"`
	// Why says why they do not run together.
	Why string `json:"why,omitempty"`
}

// over cuts a grid's rates into stacks of like width.
func (s Stack) over(rates []float64) iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		for pieces := (len(rates) + s.Width - 1) / s.Width; pieces > 0; pieces-- {
			n := (len(rates) + pieces - 1) / pieces
			if !yield(rates[:n]) {
				return
			}
			rates = rates[n:]
		}
	}
}

// narrowest is the width of the narrowest stack of so many rates.
func (s Stack) narrowest(rates int) int {
	return rates / ((rates + s.Width - 1) / s.Width)
}

// The cost of an optimizer step, in units of one token's way through the
// network there and back: a fixed part, which is reading the frozen weights
// and starting the programs, and one unit for each token that a row is padded
// to. Measured on XLA's CPU runtime with LoRA (bench-engine, stacked-lora): 18
// to 28 with 135 million parameters, 36 to 54 with 10 million.
const (
	fixedCost  = 32
	leastGain  = 1.15 // below it stacks are not worth their keys
	mostStacks = 8    // trainings: memory grows with them, the gain hardly
)

// gain is by how much less time a training of width side by side takes than
// alone, with so many padded tokens in a micro-batch.
func gain(width int, tokens float64) float64 {
	return float64(width) * (fixedCost + tokens) / (fixedCost + float64(width)*tokens)
}

// stack decides for the trial's network, and notes it in the plan where there
// is something to decide.
func (t *trial) stack(ctx context.Context) Stack {
	if len(t.study.Train.LearningRates) == 1 {
		return Stack{Width: 1}
	}
	for _, s := range t.builder.plan.Stacks {
		if s.Model == t.model.Name && s.Adapter == t.adapter.Name {
			return s
		}
	}
	s := t.decide()
	if s.Width > 1 {
		if err := t.stackable(ctx); err != nil {
			s = Stack{Width: 1, Why: err.Error()}
		}
	}
	s.Model, s.Adapter = t.model.Name, t.adapter.Name
	t.builder.plan.Stacks = append(t.builder.plan.Stacks, s)
	return s
}

// decide goes by the recipe.
func (t *trial) decide() Stack {
	recipe := t.study.Train
	rates := len(recipe.LearningRates)
	if recipe.Together == "off" {
		return Stack{Width: 1, Why: `together = "off"`}
	}
	s := Stack{Width: min(rates, mostStacks)}
	if n, err := strconv.Atoi(recipe.Together); err == nil {
		s.Width = min(rates, n)
	}
	rows := recipe.BatchSize
	if recipe.MicroBatch > 0 {
		rows = recipe.MicroBatch
	}
	length := longest(recipe)
	if length > 0 {
		s.Gain = gain(s.narrowest(rates), float64(rows*ir.PaddedRow(length)))
	}
	switch {
	case recipe.Together != "auto":
	case length == 0:
		return Stack{Width: 1, Why: "nothing bounds the length of examples, and only small batches gain; max_length would"}
	case s.Gain < leastGain:
		return Stack{Width: 1, Gain: s.Gain, Why: fmt.Sprintf("%d examples of up to %d tokens would gain %.0f %%, and %.0f %% is asked for", rows, length, 100*(s.Gain-1), 100*(leastGain-1))}
	}
	return s
}

// longest is the most tokens that a recipe allows an example; 0: any number.
func longest(recipe *study.Train) int {
	length := recipe.MaxLength
	if prompt, target := recipe.MaxPromptLength, recipe.MaxTargetLength; prompt > 0 && target > 0 {
		length = int(least(int64(length), int64(prompt+target)))
	}
	return length
}

// stackable is the error that keeps the network's trainings apart.
func (t *trial) stackable(ctx context.Context) error {
	config, err := draft(t.steps[t.snapshot].Work)
	if err != nil {
		return err
	}
	n, err := newNet(ctx, t.Plugins, t.network(), config)
	if err != nil {
		return err
	}
	_, err = n.program.Stackable(n.trained)
	return err
}

// stacked collects the steps of one stack of rates.
type stacked struct {
	*builder
	firsts map[[2]int]store.Key // by total and epoch, the step in the first place
}

// join puts a step into the piece that runs together; places come in order. A
// step that is there already, of another trial, is left.
func (s *stacked) join(key store.Key, segment [2]int, index int) {
	if index == 0 {
		s.firsts[segment] = key
	}
	first := s.firsts[segment]
	at, ok := s.stacks[first]
	if !ok {
		at = len(s.plan.Together)
		s.stacks[first] = at
		s.plan.Together = append(s.plan.Together, nil)
	}
	if len(s.plan.Together[at]) == index {
		s.plan.Together[at] = append(s.plan.Together[at], s.steps[key])
	}
}

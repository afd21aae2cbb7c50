package plan

import (
	"context"
	"fmt"
	"slices"

	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
)

// Estimate is what the trials of one model with one adapter take, as the engine
// works it out from the graph alone: no weights are loaded.
type Estimate struct {
	Model   string `json:"model"`
	Adapter string `json:"adapter"`
	// Problem says why the engine gives no estimate. Training and decoding are then
	// not known.
	Problem    string          `json:"problem,omitempty"`
	Parameters int64           `json:"parameters"` // the adapter's among them
	Trainable  int64           `json:"trainable"`
	Train      *TrainEstimate  `json:"train,omitempty"`
	Decode     *DecodeEstimate `json:"decode,omitempty"`
}

// TrainEstimate is for batches of the longest examples that the recipe lets
// in, or, once the data were tokenized, of the longest that there are.
type TrainEstimate struct {
	Epochs     int     `json:"epochs"` // trained, each once
	MicroBatch int     `json:"micro_batch"`
	Length     int64   `json:"length"` // padded tokens of a row
	Labels     int64   `json:"labels"` // of a row
	StepFLOPs  float64 `json:"step_flops"`
	// Measured says that the data were tokenized: Length and Labels are those of
	// the data, and these are known.
	Measured    bool    `json:"measured"`
	EpochTokens int64   `json:"epoch_tokens,omitempty"`
	EpochSteps  int     `json:"epoch_steps,omitempty"`
	EpochFLOPs  float64 `json:"epoch_flops,omitempty"` // of the tokens, padding aside
	Seconds     float64 `json:"seconds,omitempty"`     // of all epochs; 0: not known
	Memory      Memory  `json:"memory_bytes"`
	// FitsMicroBatch is the largest micro-batch that fits the device; 0: none,
	// or the device's memory is not known.
	FitsMicroBatch int   `json:"fits_micro_batch,omitempty"`
	Disk           int64 `json:"disk_bytes"` // of all its epochs: weights and optimizer state
}

// DecodeEstimate is for the benchmark that takes most memory: for its prompts, or
// until it is fetched for the longest prompt that is allowed.
type DecodeEstimate struct {
	Prompts     int     `json:"prompts"` // side by side
	Beams       int     `json:"beams"`
	Prompt      int64   `json:"prompt"`       // padded tokens
	New         int64   `json:"new"`          // padded tokens
	PromptFLOPs float64 `json:"prompt_flops"` // to read one prompt
	TokenFLOPs  float64 `json:"token_flops"`  // of one new token, in the middle
	Memory      Memory  `json:"memory_bytes"`
	// Measured says that all benchmarks were fetched: Prompt is the longest of
	// theirs, and these are known.
	Measured bool    `json:"measured"`
	Bugs     int     `json:"bugs,omitempty"`    // that are asked about, of all benchmarks and prompts
	Seconds  float64 `json:"seconds,omitempty"` // of all of them at most; 0: not known
}

// Memory is how many bytes a step takes at its peak, in parts: see
// harnesspb.MemoryEstimate.
type Memory struct {
	Runtime     int64 `json:"runtime"`
	Kept        int64 `json:"kept,omitempty"`
	Weights     int64 `json:"weights"`
	Gradients   int64 `json:"gradients,omitempty"`
	Optimizer   int64 `json:"optimizer,omitempty"`
	Activations int64 `json:"activations"`
	Logits      int64 `json:"logits"`
	Caches      int64 `json:"caches,omitempty"`
}

// Total is the sum of all parts.
func (m Memory) Total() int64 {
	return m.Runtime + m.Kept + m.Weights + m.Gradients + m.Optimizer + m.Activations + m.Logits + m.Caches
}

func memoryOf(m *pb.MemoryEstimate) Memory {
	return Memory{m.GetRuntime(), m.GetKept(), m.GetWeights(), m.GetGradients(), m.GetOptimizer(), m.GetActivations(), m.GetLogits(), m.GetCaches()}
}

// Epochs says what sharing saves, and what a schedule that depends on the
// total number of epochs costs.
type Epochs struct {
	// Trained is the number of epochs that the plan trains, each once.
	Trained int `json:"trained"`
	// Alone is how many there would be if every point of every trial's grid
	// were trained by itself.
	Alone int `json:"alone"`
	// Constant is how many there would be if no rate depended on the total.
	Constant int `json:"constant"`
}

// Epochs counts the plan's epochs of training.
func (p *Plan) Epochs() Epochs {
	var e Epochs
	recipe := p.Study.Train
	if recipe == nil {
		return e
	}
	alone := 0
	for _, total := range recipe.Epochs {
		alone += total * len(recipe.LearningRates)
	}
	chains := map[step.ID]bool{} // of first epochs that end apart, as one
	for _, s := range p.Steps {
		work, ok := s.Work.(step.Train)
		if !ok {
			continue
		}
		e.Trained++
		if work.Epoch == 0 && (work.Epochs == 0 || work.Epochs == slices.Max(recipe.Epochs)) {
			chains[s.ID] = true
		}
	}
	for _, t := range p.Trials {
		if t.Select != "" {
			e.Alone += alone
		}
	}
	e.Constant = len(chains) * slices.Max(recipe.Epochs)
	return e
}

// Estimates are those of a plan's networks, and what their seconds rest on, in
// words; empty: they are not known.
type Estimates struct {
	Networks []*Estimate
	Basis    string
}

// Estimates asks the engine what the plan's networks take, in the order of the
// trials. The plan has to have been made with Options.Plugins.
func (p *Plan) Estimates(ctx context.Context, env *step.Env) (*Estimates, error) {
	if p.Engine == nil {
		return &Estimates{}, nil
	}
	groups, err := p.groups(ctx, env)
	if err != nil {
		return nil, err
	}
	engine, err := env.Plugins.Engine(ctx, p.Engine.Name)
	if err != nil {
		return nil, err
	}
	request := &pb.EstimateRequest{}
	for _, g := range groups {
		request.Networks = append(request.Networks, g.work())
	}
	answer, err := engine.Estimate(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("engine %s: estimate: %w", p.Engine.Name, err)
	}
	if got := len(answer.GetNetworks()); got != len(groups) {
		return nil, fmt.Errorf("engine %s estimates %d networks of %d", p.Engine.Name, got, len(groups))
	}
	out := &Estimates{Basis: answer.GetBasis()}
	for i, g := range groups {
		e, err := g.estimate(answer.GetNetworks()[i])
		if err != nil {
			return nil, fmt.Errorf("engine %s: %s/%s: %w", p.Engine.Name, g.model, g.adapter, err)
		}
		out.Networks = append(out.Networks, e)
	}
	return out, nil
}

// estimate puts the engine's answer beside what a plan knows itself.
func (g *group) estimate(answer *pb.NetworkEstimate) (*Estimate, error) {
	counts, err := g.network.program.Count(g.network.rewrite)
	if err != nil {
		return nil, err
	}
	out := &Estimate{Model: g.model, Adapter: g.adapter, Problem: answer.GetProblem(), Parameters: counts.All, Trainable: counts.Trainable}
	if out.Problem != "" {
		return out, nil
	}
	if (answer.GetTrain() != nil) != (len(g.order) > 0) || len(answer.GetDecode()) != len(g.generates) {
		return nil, fmt.Errorf("its estimate does not say all that it was asked")
	}
	if t := answer.GetTrain(); t != nil {
		out.Train = g.training(t)
	}
	out.Decode = g.decoding(answer.GetDecode())
	return out, nil
}

func (g *group) training(t *pb.TrainEstimate) *TrainEstimate {
	_, labels := g.longestRow()
	out := &TrainEstimate{
		Epochs: len(g.order), MicroBatch: int(t.GetMicroBatch()), Length: t.GetLength(), Labels: labels, StepFLOPs: t.GetStepFlops(),
		EpochFLOPs: t.GetEpochFlops(), Seconds: t.GetSeconds(), Memory: memoryOf(t.GetMemory()), FitsMicroBatch: int(t.GetFitsMicroBatch()),
		Disk: int64(len(g.order)) * t.GetStateBytes(),
	}
	if g.data != nil {
		batch := int(g.trains[g.order[0]].Recipe.GetBatchSize())
		out.Measured, out.EpochTokens, out.EpochSteps = true, g.data.Tokens, (g.data.Train+batch-1)/batch
	}
	return out
}

// decoding sums up the benchmarks.
func (g *group) decoding(answers []*pb.DecodeEstimate) *DecodeEstimate {
	var out *DecodeEstimate
	measured, bugs, seconds, timed := true, 0, 0.0, true
	for i, d := range answers {
		one := g.generates[i]
		measured, bugs = measured && one.known, bugs+len(one.prompts)
		seconds, timed = seconds+d.GetSeconds(), timed && (d.GetSeconds() > 0 || one.known && len(one.prompts) == 0)
		if m := memoryOf(d.GetMemory()); out == nil || m.Total() > out.Memory.Total() {
			beams := max(1, int(one.Decoding.GetBeams()))
			if one.Decoding.GetDecode() == "sample" {
				beams = max(1, int(one.Decoding.GetCandidates()))
			}
			out = &DecodeEstimate{
				Prompts: int(d.GetPrompts()), Beams: beams, Prompt: d.GetPrompt(), New: int64(one.Decoding.GetMaxNewTokens()),
				PromptFLOPs: d.GetPromptFlops(), TokenFLOPs: d.GetTokenFlops(), Memory: m,
			}
		}
	}
	if out != nil && measured {
		out.Measured, out.Bugs = true, bugs
		if timed {
			out.Seconds = seconds
		}
	}
	return out
}

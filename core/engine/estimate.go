package engine

import (
	"context"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// Estimate estimates the memory and time that networks will take. It needs no
// weights, and needs a device only for the time.
func (e *Engine) Estimate(ctx context.Context, r *harnesspb.EstimateRequest) (*harnesspb.EstimateResponse, error) {
	speed, memory, err := e.deviceSpeed(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.wait(ctx); err != nil {
		return nil, err
	}
	defer e.end()
	out := &harnesspb.EstimateResponse{Basis: speed.basis()}
	var works []*work
	var kept []int64
	for _, asked := range r.GetNetworks() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, err := e.newWork(asked)
		if err != nil {
			out.Networks = append(out.Networks, &harnesspb.NetworkEstimate{Problem: err.Error()})
			continue
		}
		w.speed, w.memory = speed, memory
		works, kept = append(works, w), append(kept, w.programBytes())
		out.Networks = append(out.Networks, w.estimate)
	}
	left := keptMemory(kept)
	for _, w := range works {
		w.kept = left
		w.complete()
	}
	return out, nil
}

// work is the work of a run with one network.
type work struct {
	*harnesspb.NetworkWork
	network, decoding *network // for training, and for decoding
	optimizer         optimizer
	estimate          *harnesspb.NetworkEstimate
	speed             *speed // nil: not known
	memory            int64  // of the device; 0: not known
	kept              int64  // bytes that the programs of all networks keep
}

// newWork prepares an estimate. It refuses settings that this engine does not
// support.
func (e *Engine) newWork(asked *harnesspb.NetworkWork) (w *work, err error) {
	w = &work{NetworkWork: asked, estimate: &harnesspb.NetworkEstimate{}}
	state := &harnesspb.ModelState{Graph: asked.GetGraph(), Rewrite: asked.GetRewrite()}
	if recipe := asked.GetTrain().GetRecipe(); recipe != nil {
		if w.network, err = e.network(state, recipe.GetPrecision()); err != nil {
			return nil, err
		}
		if err := checkRecipe(w.network, recipe); err != nil {
			return nil, err
		}
		if w.optimizer, err = newOptimizer(recipe, 1); err != nil {
			return nil, err
		}
	}
	for _, d := range asked.GetDecode() {
		if w.decoding, err = e.network(state, d.GetDecoding().GetPrecision()); err != nil {
			return nil, err
		}
		if err := w.decoding.checkDecoding(d.GetDecoding(), 1); err != nil {
			return nil, err
		}
	}
	if w.network == nil && w.decoding == nil {
		_, err = e.network(state, "")
	}
	return w, err
}

// complete fills in the estimate.
func (w *work) complete() {
	if w.network != nil {
		w.estimate.Train = w.estimateTraining()
	}
	for _, d := range w.GetDecode() {
		w.estimate.Decode = append(w.estimate.Decode, w.estimateDecoding(d))
	}
}

func (w *work) estimateTraining() *harnesspb.TrainEstimate {
	n, asked := w.network, w.GetTrain()
	recipe := asked.GetRecipe()
	batch := int(recipe.GetBatchSize())
	longest := batchShape{length: paddedRow(int(asked.GetLongest())), labels: paddedRow(int(asked.GetMostLabels()))}
	if !n.encodes() {
		longest.labels = min(longest.labels, longest.length)
	}
	longest.rows = batch
	if micro := int(recipe.GetMicroBatch()); micro > 0 {
		longest.rows = min(micro, batch)
	}
	shape, again := w.rowsAtOnce(longest)
	t := &harnesspb.TrainEstimate{MicroBatch: int32(longest.rows), Length: int64(longest.length), Memory: n.trainingMemory(w.optimizer, shape, again)}
	t.Memory.Kept = w.kept
	t.StateBytes = t.Memory.Gradients + t.Memory.Optimizer
	cost := func(s batchShape) ir.Cost { return n.program.Cost(n.train, s.extent(n.encodes())) }
	flops := func(s batchShape) float64 {
		c := cost(s)
		if again {
			return c.Forward + c.Backward + c.Layers
		}
		return c.Forward + c.Backward
	}
	whole := longest
	whole.rows = batch
	t.StepFlops = flops(whole)
	if asked.GetExamples() > 0 {
		t.EpochFlops, t.Seconds = w.epochCost(shape, again, flops)
	}
	for s := longest; w.memory > 0 && s.rows > 0 && t.FitsMicroBatch == 0; s.rows /= 2 {
		few, again := w.rowsAtOnce(s)
		m := n.trainingMemory(w.optimizer, few, again)
		m.Kept = w.kept
		if total(m) <= w.memory {
			t.FitsMicroBatch = int32(s.rows)
		}
	}
	return t
}

// rowsAtOnce decides how many of the rows are computed at once, and whether layers
// are recomputed in the backward pass. If the engine may choose, it prefers fewer
// rows.
func (w *work) rowsAtOnce(s batchShape) (batchShape, bool) {
	if again := w.GetTrain().GetRecipe().GetGradientCheckpointing(); again == "on" || again == "off" {
		return s, again == "on"
	}
	for few := s; few.rows > 0; few.rows /= 2 {
		if !recomputes(w.network.program.Cost(w.network.train, few.extent(w.network.encodes()))) {
			return few, false
		}
	}
	return s, true
}

// Seconds to compile the programs of a training, and those for prompts of one padded
// length: a constant, and an amount for each node of the network. Fitted to studies
// of networks with 80 to 700 nodes, on the two processors on which costs were
// measured; studies took between half and twice the estimate.
const (
	compileTraining     = 2.0
	compileTrainingNode = 0.01
	compileDecoding     = 1.2
	compileDecodingNode = 0.0005
)

// epochCost returns the FLOPs of one epoch without padding, and the seconds of all
// epochs.
func (w *work) epochCost(shape batchShape, again bool, flops func(batchShape) float64) (perEpoch, seconds float64) {
	n, asked := w.network, w.GetTrain()
	examples := int(asked.GetExamples())
	mean := shape
	mean.length = max(1, int(asked.GetTokens())/examples)
	mean.labels = min(mean.labels, mean.length)
	mean.rows = examples
	perEpoch = flops(mean)
	if w.speed == nil {
		return perEpoch, 0
	}
	// A micro-batch is as long as its longest example, whose length is between the
	// mean and the maximum of all examples.
	mean.rows, mean.length = min(shape.rows, examples), paddedRow((mean.length+shape.length)/2)
	c := n.costs(func(batchShape) bool { return again })
	micro := float64((examples + mean.rows - 1) / mean.rows)
	seconds = float64(asked.GetEpochs())*micro*c.of(mean) + compileTraining + compileTrainingNode*float64(n.steps())
	return perEpoch, w.speed.seconds(seconds)
}

// estimateDecoding estimates the decoding of the longest prompt, or of all prompts
// together.
func (w *work) estimateDecoding(asked *harnesspb.DecodeWork) *harnesspb.DecodeEstimate {
	n, d := w.decoding, asked.GetDecoding()
	longest := int(asked.GetLongest())
	groups := map[int]int{} // prompts by padded length
	for _, tokens := range asked.GetPrompts() {
		longest = max(longest, int(tokens))
		groups[paddedPrompt(int(tokens))]++
	}
	many := sideBySide
	if len(groups) > 0 {
		many = groups[paddedPrompt(longest)]
	}
	s := shapeOf(d, paddedPrompt(longest), many)
	read, one := n.decodingCosts(s)
	out := &harnesspb.DecodeEstimate{
		Prompts: int32(s.prompts), Prompt: int64(s.prompt), PromptFlops: read.Forward, TokenFlops: one.Forward / float64(s.prompts*s.beams),
		Memory: n.decodingMemory(s),
	}
	for length, prompts := range groups {
		s := shapeOf(d, length, prompts)
		if m := n.decodingMemory(s); total(m) > total(out.Memory) {
			out.Memory = m
		}
		if w.speed != nil {
			out.Seconds += w.decodingSeconds(s, prompts)
		}
	}
	out.Memory.Kept = w.kept
	return out
}

// decodingSeconds is the maximum time for prompts of one padded length: every
// candidate reaches the maximum length.
func (w *work) decodingSeconds(s decodeShape, prompts int) float64 {
	n := w.decoding
	read, one := n.decodingCosts(s)
	pass := perWeight*float64(n.counts.All) + perStep*float64(n.steps())
	batches := float64((prompts + s.prompts - 1) / s.prompts)
	seconds := float64(prompts)*(perFLOP*read.Forward+pass) + batches*float64(s.new)*(perFLOP*one.Forward+pass)
	return w.speed.seconds(seconds + compileDecoding + compileDecodingNode*float64(n.steps()))
}

// decodingCosts are the costs of reading one prompt, and of one step in the middle
// of decoding a batch.
func (n *network) decodingCosts(s decodeShape) (read, step ir.Cost) {
	rows, prompt, added := int64(s.prompts*s.beams), int64(s.prompt), int64(s.new)
	if n.encodes() {
		return n.program.Cost(nil, ir.Extent{Rows: 1, Source: prompt, Tokens: 1}),
			n.program.Cost(nil, ir.Extent{Rows: rows, Source: prompt, Tokens: 1, Keys: added / 2})
	}
	return n.program.Cost(nil, ir.Extent{Rows: 1, Tokens: prompt, Picked: 1}),
		n.program.Cost(nil, ir.Extent{Rows: rows, Tokens: 1, Keys: prompt + added/2})
}

// settings are the values of a study's settings that this engine supports.
func settings() []*harnesspb.Setting {
	return []*harnesspb.Setting{
		{Block: "train", Attribute: "optimizer", Values: []string{"adamw", "adafactor"}},
		{Block: "train", Attribute: "schedule", Values: []string{"constant", "linear", "cosine"}},
		{Block: "train", Attribute: "padding", Values: []string{"right", leftCounted}},
		{Block: "train", Attribute: "packing", Values: []string{"false", "true"}},
		{Block: "train", Attribute: "precision", Values: []string{"f32", "bf16"}},
		{Block: "train", Attribute: "gradient_checkpointing", Values: []string{"auto", "on", "off"}},
		{Block: "generate", Attribute: "decode", Values: []string{"greedy", "beam", "sample"}},
		{Block: "generate", Attribute: "precision", Values: []string{"f32", "bf16"}},
	}
}

// total is the sum of all parts.
func total(m *harnesspb.MemoryEstimate) int64 {
	return m.GetRuntime() + m.GetKept() + m.GetWeights() + m.GetGradients() + m.GetOptimizer() + m.GetActivations() + m.GetLogits() + m.GetCaches()
}

package plan

import (
	"context"
	"fmt"
	"slices"

	"harness/core/ir"
	pb "harness/core/protocol/harnesspb"
	"harness/core/step"
	"harness/core/weights/snapshot"
)

// Estimate is what the trials of one model with one adapter take, worked out
// from the graph alone: no weights are loaded.
type Estimate struct {
	Model   string `json:"model"`
	Adapter string `json:"adapter"`
	// Problem says why there is no estimate; all else is then zero.
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
	Memory      Memory  `json:"memory_bytes"`
	// FitsMicroBatch is the largest micro-batch that fits the device; 0: none,
	// or the device's memory is not known.
	FitsMicroBatch int   `json:"fits_micro_batch,omitempty"`
	Disk           int64 `json:"disk_bytes"` // of all its epochs: weights and optimizer state
}

// DecodeEstimate is for prompts of the longest that are allowed.
type DecodeEstimate struct {
	Prompts     int     `json:"prompts"` // side by side
	Beams       int     `json:"beams"`
	Prompt      int64   `json:"prompt"`       // padded tokens
	New         int64   `json:"new"`          // padded tokens
	PromptFLOPs float64 `json:"prompt_flops"` // to read one prompt
	TokenFLOPs  float64 `json:"token_flops"`  // of one new token, in the middle
	Memory      Memory  `json:"memory_bytes"`
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

// Estimates works out what the plan's networks take, in the order of the
// trials. device is the memory that they have to fit, in bytes; 0: not known.
func (p *Plan) Estimates(ctx context.Context, env *step.Env, device int64) ([]*Estimate, error) {
	e := &estimator{plan: p, env: env, device: device, steps: map[step.ID]*step.Step{}}
	for _, s := range p.Steps {
		e.steps[s.ID] = s
	}
	groups := map[[2]string]*group{}
	var order []*group
	for _, t := range p.Trials {
		id := [2]string{t.Labels["model"], t.Labels["adapter"]}
		if groups[id] == nil {
			groups[id] = &group{model: id[0], adapter: id[1], trains: map[step.ID]step.Train{}}
			order = append(order, groups[id])
		}
		for _, s := range p.Reach(t) {
			groups[id].add(s)
		}
	}
	order = slices.DeleteFunc(order, func(g *group) bool { return g.network == nil }) // it answers by itself
	nets, problems := make([]*net, len(order)), make([]error, len(order))
	var kept []int64
	for i, g := range order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if nets[i], problems[i] = e.net(ctx, g); problems[i] == nil {
			kept = append(kept, g.kept(nets[i]))
		}
	}
	e.kept = keptMemory(kept)
	var out []*Estimate
	for i, g := range order {
		estimate := &Estimate{}
		if problems[i] != nil {
			estimate.Problem = problems[i].Error()
		} else {
			estimate = e.estimate(nets[i], g)
		}
		estimate.Model, estimate.Adapter = g.model, g.adapter
		out = append(out, estimate)
	}
	return out, nil
}

// group is the trials of one model with one adapter.
type group struct {
	model, adapter string
	network        *step.Network
	order          []step.ID // of trains
	trains         map[step.ID]step.Train
	lengths        step.Lengths
	examples       step.ID
	generates      []step.Generate
}

func (g *group) add(s *step.Step) {
	switch work := s.Work.(type) {
	case step.Train:
		g.network = &work.Network
		if _, seen := g.trains[s.ID]; !seen {
			g.order = append(g.order, s.ID)
		}
		g.trains[s.ID] = work
	case step.Examples:
		g.lengths, g.examples = work.Lengths, s.ID
	case step.Generate:
		if work.Engine != nil {
			g.network = &work.Network
			g.generates = append(g.generates, work)
		}
	}
}

// kept is what the group's programs leave in the engine's process.
func (g *group) kept(n *net) int64 {
	var bytes int64
	if len(g.trains) > 0 {
		bytes += keptByTrained * int64(nodes(n.program))
	}
	if len(g.generates) > 0 {
		bytes += keptByDecoded * int64(nodes(n.program))
	}
	return bytes
}

type estimator struct {
	plan   *Plan
	env    *step.Env
	device int64
	kept   int64 // bytes that the programs of all networks leave
	steps  map[step.ID]*step.Step
}

// net is a network as far as a plan knows it.
type net struct {
	built   *pb.BuildResponse
	program *ir.Program
	trained []string
}

func (e *estimator) net(ctx context.Context, g *group) (*net, error) {
	summary, err := e.summary(g.network.Snapshot)
	if err != nil {
		return nil, err
	}
	return newNet(ctx, e.env.Plugins, *g.network, summary)
}

// newNet asks the plugins for a network.
func newNet(ctx context.Context, plugins step.Plugins, network step.Network, s *snapshot.Summary) (*net, error) {
	built, attached, err := network.Graph(ctx, plugins, s)
	if err != nil {
		return nil, err
	}
	n := &net{built: built}
	graph, err := ir.Apply(built.Graph, attached.GetRewrite())
	if err != nil {
		return nil, err
	}
	if n.program, err = ir.Expand(graph); err != nil {
		return nil, err
	}
	if n.trained, err = n.program.Trainable(attached.GetRewrite().GetTrain()); err != nil {
		return nil, err
	}
	return n, nil
}

func (e *estimator) estimate(n *net, g *group) *Estimate {
	estimate := &Estimate{}
	for _, param := range n.program.Parameters {
		estimate.Parameters += param.Elements()
		if _, trains := slices.BinarySearch(n.trained, param.Name); trains {
			estimate.Trainable += param.Elements()
		}
	}
	if len(g.order) > 0 {
		estimate.Train = e.training(n, g)
	}
	for _, work := range g.generates {
		if d := e.decoding(n, work); estimate.Decode == nil || d.Memory.Total() > estimate.Decode.Memory.Total() {
			estimate.Decode = d
		}
	}
	return estimate
}

// summary describes a checkpoint, before or after its step has run.
func (e *estimator) summary(id step.ID) (*snapshot.Summary, error) {
	if key, ok := e.env.Results.Key(id); ok {
		return snapshot.Summarize(e.env.Store.Path(key))
	}
	return draft(e.steps[id].Work)
}

// draft describes the checkpoint that a step will give, as far as it is known.
func draft(work step.Work) (*snapshot.Summary, error) {
	switch work := work.(type) {
	case step.Init:
		config, err := work.Draft()
		return &snapshot.Summary{Config: config}, err
	case step.Snapshot:
		return snapshot.Summarize(work.Dir)
	}
	return nil, fmt.Errorf("a %s step makes no checkpoint", work.Kind())
}

func (e *estimator) training(n *net, g *group) *TrainEstimate {
	first := g.trains[g.order[0]]
	recipe := first.Recipe
	batch := int(recipe.GetBatchSize())
	t := &TrainEstimate{Epochs: len(g.order), MicroBatch: batch}
	if recipe.GetMicroBatch() > 0 {
		t.MicroBatch = int(recipe.GetMicroBatch())
	}
	data := e.measured(g)
	x := n.trainExtent(g.lengths, data)
	t.Length, t.Labels = max(x.Tokens, x.Source), x.Picked
	// atOnce is how many of some rows the engine computes at once, and whether
	// it computes layers again in the backward pass. Where it may choose, it
	// rather takes fewer rows.
	atOnce := func(rows int) (int, bool) {
		if again := recipe.GetGradientCheckpointing(); again != "" {
			return rows, again == "on"
		}
		for few := rows; few > 0; few /= 2 {
			one := x
			one.Rows = int64(few)
			if !n.program.Cost(n.trained, one).Recomputes() {
				return few, false
			}
		}
		return rows, true
	}
	_, again := atOnce(t.MicroBatch)
	flops := func(x ir.Extent) float64 {
		c := n.program.Cost(n.trained, x)
		if again {
			return c.Forward + c.Backward + c.Layers
		}
		return c.Forward + c.Backward
	}
	x.Rows = int64(batch)
	t.StepFLOPs = flops(x)
	if data != nil {
		t.Measured, t.EpochTokens = true, data.Tokens
		t.EpochSteps = (data.Train + batch - 1) / batch
		mean := x
		mean.Tokens = max(1, data.Tokens/int64(max(1, data.Train)))
		mean.Picked = min(mean.Picked, mean.Tokens)
		mean.Source = min(mean.Source, mean.Tokens)
		mean.Rows = int64(data.Train)
		t.EpochFLOPs = flops(mean)
	}
	memory := func(rows int) Memory {
		rows, again := atOnce(rows)
		x.Rows = int64(rows)
		m := TrainingMemory(n.program, n.trained, recipe.GetOptimizer(), again, x)
		m.Kept = e.kept
		return m
	}
	t.Memory = memory(t.MicroBatch)
	for rows := t.MicroBatch; e.device > 0 && rows > 0 && t.FitsMicroBatch == 0; rows /= 2 {
		if memory(rows).Total() <= e.device {
			t.FitsMicroBatch = rows
		}
	}
	// An epoch leaves its weights, in PEFT's layout too if they are an
	// adapter's, and the optimizer's state.
	t.Disk = int64(t.Epochs) * (t.Memory.Gradients + t.Memory.Optimizer)
	return t
}

// measured is what is known of the data, or nil.
func (e *estimator) measured(g *group) *step.ExamplesSummary {
	if !e.env.Results.Has(g.examples) {
		return nil
	}
	var sum step.ExamplesSummary
	if e.env.Results.ReadJSON(g.examples, "examples.json", &sum) != nil || sum.Longest == 0 {
		return nil
	}
	return &sum
}

// trainExtent is the longest row of a recipe, or of its data where known.
func (n *net) trainExtent(l step.Lengths, data *step.ExamplesSummary) ir.Extent {
	positions := n.built.GetMaxPositions()
	prompt, target, whole := int64(l.MaxPrompt), int64(l.MaxTarget), int64(l.Max)
	if whole == 0 && prompt > 0 && target > 0 {
		whole = prompt + target
	}
	whole = least(whole, positions)
	if whole == 0 {
		whole = unlimited
	}
	prompt, target = least(prompt, whole), least(target, whole)
	if data != nil {
		whole, target = int64(data.Longest), int64(data.MostLabels)
		prompt = whole
	}
	if n.program.Encoder != nil {
		return ir.Extent{Source: paddedRow(prompt), Tokens: paddedRow(target), Picked: paddedRow(target)}
	}
	return ir.Extent{Tokens: paddedRow(whole), Picked: min(paddedRow(target), paddedRow(whole))}
}

// unlimited is the length that is assumed where nothing bounds it.
const unlimited = 2048

// least is the smaller of two limits, of which 0 is none.
func least(a, b int64) int64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

func paddedRow(tokens int64) int64 { return int64(ir.PaddedRow(int(tokens))) }

func (e *estimator) decoding(n *net, work step.Generate) *DecodeEstimate {
	d := work.Decoding
	beams := max(1, int(d.GetBeams()))
	if d.GetDecode() == "sample" {
		beams = max(1, int(d.GetCandidates()))
	}
	prompts := int(d.GetBatchSize())
	if prompts == 0 {
		prompts = max(1, rowsSideBySide/beams)
	}
	out := &DecodeEstimate{Prompts: prompts, Beams: beams, New: int64(ir.PaddedOutput(int(d.GetMaxNewTokens())))}
	prompt := least(int64(work.MaxPromptLength), n.built.GetMaxPositions())
	if prompt == 0 {
		prompt = unlimited
	}
	out.Prompt = int64(ir.PaddedPrompt(int(prompt)))
	reading, step := n.decodeExtents(out)
	read, one := n.program.Cost(nil, reading), n.program.Cost(nil, step)
	rows := float64(step.Rows)
	out.PromptFLOPs = read.Forward
	out.TokenFLOPs = one.Forward / rows
	out.Memory = decodingMemory(n.program, d.GetPrecision() == "bf16", out, read, one)
	out.Memory.Kept = e.kept
	return out
}

// rowsSideBySide is how many rows the engine decodes at once, given as many
// prompts, where a study does not say.
const rowsSideBySide = 32

// decodeExtents are those of reading one prompt, and of one step in the middle
// of decoding a batch.
func (n *net) decodeExtents(d *DecodeEstimate) (reading, step ir.Extent) {
	rows := int64(d.Prompts * d.Beams)
	if n.program.Encoder != nil {
		return ir.Extent{Rows: 1, Source: d.Prompt, Tokens: 1},
			ir.Extent{Rows: rows, Source: d.Prompt, Tokens: 1, Keys: d.New / 2}
	}
	return ir.Extent{Rows: 1, Tokens: d.Prompt, Picked: 1},
		ir.Extent{Rows: rows, Tokens: 1, Keys: d.Prompt + d.New/2}
}

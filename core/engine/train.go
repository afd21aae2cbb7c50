package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/protocol/harnesspb"
)

// maxRows bounds the examples of one step.
const maxRows = 1 << 12

// Train runs one epoch: a shuffled pass over the training examples, then the loss of
// the validation examples. It writes the trained weights and the whole optimizer
// state, so that the next epoch gives the same bits as without the interruption. If
// training diverges, it writes nothing.
func (e *Engine) Train(ctx context.Context, start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample, send func(*harnesspb.TrainEvent) error) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.end()
	started := time.Now()
	t, err := e.newTrainer(start, train, validation)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	defer t.free()
	done, err := t.epoch(ctx, send)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	done.Seconds = time.Since(started).Seconds()
	done.MicroBatch = int32(t.shapes.micro)
	done.PeakMemoryBytes = procKilobytes("/proc/self/status", "VmHWM:")
	return send(&harnesspb.TrainEvent{Event: &harnesspb.TrainEvent_Done{Done: done}})
}

func optionsOf(r *harnesspb.Recipe) shapingOptions {
	return shapingOptions{leftPadded: r.GetPadding() == leftCounted, pack: r.GetPacking()}
}

// leftCounted is the padding of recipes whose positions count the padding on the left.
const leftCounted = "left-counted"

// trainer is one epoch.
type trainer struct {
	engine            *Engine
	start             *harnesspb.TrainStart
	recipe            *harnesspb.Recipe // start's recipe
	network           *network
	state             *state // not shared: its trained weights are consumed
	train, validation []*harnesspb.TokenExample
	shapes            *shaping // of the training batches

	updates  *updates
	schedule schedule
	weights  []*tensors.Tensor   // in the order of the program's parameters
	kept     [][]*tensors.Tensor // the optimizer's state, by trained parameter
	step     int64               // optimizer steps so far
	scarce   bool                // the device has run out of memory before
}

func (e *Engine) newTrainer(start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample) (_ *trainer, err error) {
	n, err := e.network(start.GetModel(), start.GetRecipe().GetPrecision())
	if err != nil {
		return nil, err
	}
	if err := checkStart(n, start); err != nil {
		return nil, err
	}
	u, err := n.newUpdates(start)
	if err != nil {
		return nil, err
	}
	if len(train) == 0 {
		return nil, errors.New("no training examples")
	}
	rates, err := newSchedule(start, len(train))
	if err != nil {
		return nil, err
	}
	if err := n.checkExamples("training", train); err != nil {
		return nil, err
	}
	if err := n.checkExamples("validation", validation); err != nil {
		return nil, err
	}
	t := &trainer{
		engine: e, start: start, recipe: start.GetRecipe(), network: n, updates: u, schedule: rates, train: train, validation: validation,
	}
	if t.state, err = e.load(n, start.GetModel(), false); err != nil {
		return nil, err
	}
	t.shapes = t.shaping(train, t.checkpoints)
	defer func() {
		if err != nil {
			t.free()
		}
	}()
	t.weights = slices.Clone(t.state.weights)
	return t, t.loadKept()
}

// shaping is the shaping of a set of examples. checkpoints is nil if no gradients are
// needed.
func (t *trainer) shaping(examples []*harnesspb.TokenExample, checkpoints func(batchShape) bool) *shaping {
	r := t.recipe
	return newShaping(t.network, examples, int(r.GetBatchSize()), int(r.GetMicroBatch()), optionsOf(r), t.network.costs(checkpoints))
}

func checkStart(n *network, s *harnesspb.TrainStart) error {
	if err := checkRecipe(n, s.GetRecipe()); err != nil {
		return err
	}
	if s.GetEpoch() < 0 {
		return fmt.Errorf("epoch %d is negative", s.GetEpoch())
	}
	if (s.GetEpoch() > 0) != (s.GetStateIn() != "") {
		return fmt.Errorf("epoch %d: only epochs after the first continue an optimizer state", s.GetEpoch())
	}
	if s.GetStateOut() == "" {
		return errors.New("no folder for the result")
	}
	if p := s.GetPad(); p < 0 || (n.limits.tokens > 0 && int64(p) >= n.limits.tokens) {
		return fmt.Errorf("the padding token %d is outside the vocabulary of %d", p, n.limits.tokens)
	}
	return nil
}

func (t *trainer) free() {
	for i, kept := range t.kept {
		release(t.weights[t.updates.parameters[i].index])
		release(kept...)
	}
	t.state.free()
}

func checkRecipe(n *network, r *harnesspb.Recipe) error {
	if r.GetBatchSize() < 1 || r.GetBatchSize() > maxRows {
		return fmt.Errorf("a batch of %d examples, expected 1 to %d", r.GetBatchSize(), maxRows)
	}
	if r.GetMicroBatch() < 0 {
		return fmt.Errorf("a micro-batch of %d examples is negative", r.GetMicroBatch())
	}
	for _, x := range []struct {
		name, value string
		known       []string
	}{
		{"decay", r.GetDecay(), []string{"", "weights", "all"}},
		{"padding", r.GetPadding(), []string{"", "right", leftCounted}},
		{"gradient checkpointing", r.GetGradientCheckpointing(), []string{"", "auto", "on", "off"}},
	} {
		if !slices.Contains(x.known, x.value) {
			return fmt.Errorf("unknown %s %q, expected one of %q", x.name, x.value, x.known[1:])
		}
	}
	options := optionsOf(r)
	if options.pack && n.encodes() {
		return errors.New("examples of a network with an encoder cannot be packed: its attention would mix them")
	}
	if options.pack && options.leftPadded {
		return errors.New("packed examples have no padding, so positions cannot count it")
	}
	if options.leftPadded && n.encoderLimits.positions > 0 {
		return errors.New("positions that count padding are not supported for an encoder with a table of positions")
	}
	return nil
}

// epoch trains, validates and saves.
func (t *trainer) epoch(ctx context.Context, send func(*harnesspb.TrainEvent) error) (*harnesspb.TrainDone, error) {
	var order *rand.PCG
	if !t.start.GetKeepOrder() {
		order = generator("shuffle", t.start.GetSeed(), uint64(t.start.GetEpoch()), "")
	}
	batches := batchesOf(t.train, int(t.recipe.GetBatchSize()), order)
	done := &harnesspb.TrainDone{
		ValidationLoss:       math.NaN(),
		ValidationExactMatch: math.NaN(),
		TrainableParameters:  t.network.counts.Trainable,
		AllParameters:        t.network.counts.All,
	}
	var sum, labels float64
	for i, batch := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := t.runStep(batch)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		sum += s.sum
		labels += float64(s.labels)
		done.Tokens += s.tokens
		loss := s.sum / float64(s.labels)
		err = send(&harnesspb.TrainEvent{Event: &harnesspb.TrainEvent_Step{Step: &harnesspb.TrainStep{
			Step: int64(i + 1), Steps: int64(len(batches)), Loss: loss, GradientNorm: s.norm, LearningRate: s.rate, Tokens: s.tokens,
		}}})
		if err != nil {
			return nil, err
		}
		if !finite(loss) || !finite(s.norm) {
			done.TrainLoss = sum / labels
			done.Diverged = fmt.Sprintf("at step %d the loss is %v and the gradient's norm %v", i+1, loss, s.norm)
			return done, nil
		}
	}
	done.TrainLoss = sum / labels
	if len(t.validation) > 0 {
		var err error
		if done.ValidationLoss, done.ValidationExactMatch, err = t.validate(ctx); err != nil {
			return nil, fmt.Errorf("validation: %w", err)
		}
		if !finite(done.ValidationLoss) {
			done.Diverged = fmt.Sprintf("the validation loss is %v", done.ValidationLoss)
			return done, nil
		}
	}
	return done, t.save()
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// stepResult is the result of one optimizer step.
type stepResult struct {
	sum, norm, rate float64 // sum of the labels' losses
	labels          int
	tokens          int64
}

func (t *trainer) runStep(batch []*harnesspb.TokenExample) (stepResult, error) {
	r := stepResult{rate: t.schedule.at(t.step)}
	for _, x := range batch {
		r.tokens += int64(len(x.GetIds()))
		r.labels += t.network.labelsOf(x)
	}
	gradients, sum, err := t.gradients(batch, r.labels)
	for outOfMemory(err) {
		// The weights are unchanged: only the updates change them.
		t.engine.dropUnused()
		t.scarce = true
		if !t.shapes.lower(t.train) {
			return r, fmt.Errorf("one example at a time: %w", err)
		}
		t.engine.log.Warn("out of memory: fewer examples are computed at once from now on", "examples", t.shapes.micro, "error", err)
		gradients, sum, err = t.gradients(batch, r.labels)
	}
	if err != nil {
		return r, err
	}
	defer release(gradients...)
	t.step++
	r.sum = sum
	r.norm, err = t.updates.step(t.engine, t.weights, t.kept, gradients, r.rate, t.step)
	return r, err
}

// gradients returns the gradients of the mean loss over the labels, and the sum of the
// labels' losses.
func (t *trainer) gradients(batch []*harnesspb.TokenExample, labels int) (sum []*tensors.Tensor, loss float64, err error) {
	e, n := t.engine, t.network
	defer func() {
		if err != nil {
			release(sum...)
		}
	}()
	keys := t.dropoutKeys()
	for _, m := range t.shapes.split(batch) {
		checkpoints := t.checkpoints(m.shape)
		x, err := e.executable(fmt.Sprintf("%s gradients %v checkpoints %v", n.digest, m.shape, checkpoints), n.gradientGraph(m.shape, checkpoints))
		if err != nil {
			return sum, 0, err
		}
		inputs := append(n.tensors(m, t.start.GetPad()),
			tensors.FromScalar(float32(labels)), tensors.FromFlatDataAndDimensions(keys, len(keys)/2, 2))
		out, err := x.run(append(anyOf(t.weights), anyOf(inputs)...))
		release(inputs...)
		if err != nil {
			return sum, 0, err
		}
		last := len(out) - 1
		loss += scalar(out[last])
		release(out[last])
		if sum == nil {
			sum = out[:last]
			continue
		}
		if err := t.updates.add(e, sum, out[:last]); err != nil {
			release(out...)
			return sum, 0, err
		}
	}
	return sum, loss, nil
}

// checkpoints reports whether layers are recomputed in the backward pass.
func (t *trainer) checkpoints(s batchShape) bool {
	switch t.recipe.GetGradientCheckpointing() {
	case "on":
		return true
	case "off":
		return false
	}
	return t.scarce || recomputes(t.network.program.Cost(t.network.train, s.extent(t.network.encodes())))
}

// dropoutKeys returns a seed for each dropout node at this step.
func (t *trainer) dropoutKeys() []uint32 {
	keys := make([]uint32, 2*max(1, t.network.dropouts()))
	r := generator("dropout", t.start.GetSeed(), uint64(t.step), "")
	for i := range keys {
		keys[i] = uint32(r.Uint64() >> 32)
	}
	return keys
}

// generator returns a separate random generator for each purpose, seed, number and
// name.
func generator(purpose string, seed, number uint64, name string) *rand.PCG {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %s", purpose, seed, number, name)
	sum := h.Sum(nil)
	return rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:]))
}

// validate returns the mean loss over all labels of the validation examples, and the
// fraction of examples in which every label is the likeliest token.
func (t *trainer) validate(ctx context.Context) (loss, exact float64, err error) {
	shapes := t.shaping(t.validation, nil)
	var sum, labels float64
	matches := 0
	for _, batch := range batchesOf(t.validation, int(t.recipe.GetBatchSize()), nil) {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		s, m, err := t.losses(shapes, batch)
		for outOfMemory(err) && shapes.lower(t.validation) {
			t.engine.dropUnused()
			s, m, err = t.losses(shapes, batch)
		}
		if err != nil {
			return 0, 0, err
		}
		sum, matches = sum+s, matches+m
		for _, x := range batch {
			labels += float64(t.network.labelsOf(x))
		}
	}
	return sum / labels, float64(matches) / float64(len(t.validation)), nil
}

// losses returns the sum of a batch's losses and its number of exact matches.
func (t *trainer) losses(shapes *shaping, batch []*harnesspb.TokenExample) (sum float64, matches int, err error) {
	e, n := t.engine, t.network
	for _, m := range shapes.split(batch) {
		x, err := e.executable(fmt.Sprintf("%s loss %v", n.digest, m.shape), n.lossGraph(m.shape))
		if err != nil {
			return 0, 0, err
		}
		inputs := n.tensors(m, t.start.GetPad())
		out, err := x.run(append(anyOf(t.weights), anyOf(inputs)...))
		release(inputs...)
		if err != nil {
			return 0, 0, err
		}
		sum += scalar(out[0])
		hits, err := tensors.CopyFlatData[float32](out[1])
		release(out...)
		if err != nil {
			return 0, 0, fmt.Errorf("read the matches from the device: %w", err)
		}
		for row, line := range m.lines {
			at := row * m.shape.labels
			for _, x := range line {
				end := at + n.labelsOf(x.TokenExample)
				if !slices.Contains(hits[at:end], 0) {
					matches++
				}
				at = end
			}
		}
	}
	return sum, matches, nil
}

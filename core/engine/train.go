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

// Train runs one epoch: a shuffled pass over the training examples, then the
// loss of the validation examples. It writes the trained weights and the whole
// optimizer state, so that another epoch continues with the same bits as if
// there had been no break. When training diverges nothing is written. Several
// trainings that differ in their learning rate may run side by side: see
// harnesspb.TrainStart.
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
	t.lap = started
	if err := t.epoch(ctx, send); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

func optionsOf(s *harnesspb.TrainStart) shapingOptions {
	return shapingOptions{leftPadded: s.GetPositionsFromPadding(), pack: s.GetPack()}
}

// trainer is one epoch, of one training or of several side by side.
type trainer struct {
	engine            *Engine
	start             *harnesspb.TrainStart
	network           *network
	together          stack
	train, validation []*harnesspb.TokenExample
	shapes            *shaping // of the training batches

	updates *updates
	members []*member // by their places
	step    int64     // optimizer steps so far
	scarce  bool      // memory has run out before
	lap     time.Time // up to when the members have their seconds
}

func (e *Engine) newTrainer(start *harnesspb.TrainStart, train, validation []*harnesspb.TokenExample) (_ *trainer, err error) {
	n, err := e.network(start.GetModel())
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
	if err := n.checkExamples("training", train); err != nil {
		return nil, err
	}
	if err := n.checkExamples("validation", validation); err != nil {
		return nil, err
	}
	t := &trainer{
		engine: e, start: start, network: n, updates: u, train: train, validation: validation,
	}
	if width := len(start.GetTogether()); width > 1 {
		t.together = stack{width, n.differs}
	}
	t.shapes = t.shaping(train, t.checkpoints)
	defer func() {
		if err != nil {
			t.free()
		}
	}()
	return t, t.loadMembers()
}

// shaping is that of a set; checkpoints is nil where no gradients are wanted.
func (t *trainer) shaping(examples []*harnesspb.TokenExample, checkpoints func(batchShape) bool) *shaping {
	s := t.start
	return newShaping(t.network, examples, int(s.GetBatchSize()), int(s.GetMicroBatch()), optionsOf(s), t.network.costs(t.together, checkpoints))
}

func checkStart(n *network, s *harnesspb.TrainStart) error {
	if err := checkSchedule(s.GetSchedule()); err != nil {
		return err
	}
	if s.GetBatchSize() < 1 || s.GetBatchSize() > maxRows {
		return fmt.Errorf("a batch of %d examples, expected 1 to %d", s.GetBatchSize(), maxRows)
	}
	if s.GetMicroBatch() < 0 {
		return fmt.Errorf("a micro-batch of %d examples is negative", s.GetMicroBatch())
	}
	if s.GetPack() && n.encodes() {
		return errors.New("examples of a network with an encoder cannot be packed: its attention would see them all")
	}
	if s.GetPack() && s.GetPositionsFromPadding() {
		return errors.New("packed examples have no padding that their positions could count from")
	}
	if s.GetPositionsFromPadding() && n.encoderLimits.positions > 0 {
		return errors.New("positions from padding are not known for an encoder that looks positions up in a table")
	}
	if s.GetEpoch() < 0 {
		return fmt.Errorf("epoch %d is negative", s.GetEpoch())
	}
	if err := checkMembers(n, s); err != nil {
		return err
	}
	if p := s.GetPad(); p < 0 || (n.limits.tokens > 0 && int64(p) >= n.limits.tokens) {
		return fmt.Errorf("the padding token %d is outside the vocabulary of %d", p, n.limits.tokens)
	}
	return nil
}

// epoch trains, validates and saves.
func (t *trainer) epoch(ctx context.Context, send func(*harnesspb.TrainEvent) error) error {
	var order *rand.PCG
	if !t.start.GetKeepOrder() {
		order = generator("shuffle", t.start.GetSeed(), uint64(t.start.GetEpoch()), "")
	}
	batches := batchesOf(t.train, int(t.start.GetBatchSize()), order)
	for i, batch := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := t.runStep(batch)
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		for _, m := range t.running() {
			r := s[m.place]
			m.sum, m.labels = m.sum+r.sum, m.labels+float64(r.labels)
			m.done.Tokens += r.tokens
			loss := r.sum / float64(r.labels)
			err = send(&harnesspb.TrainEvent{Member: int32(m.place), Event: &harnesspb.TrainEvent_Step{Step: &harnesspb.TrainStep{
				Step: int64(i + 1), Steps: int64(len(batches)), Loss: loss, GradientNorm: r.norm, LearningRate: r.rate, Tokens: r.tokens,
			}}})
			if err != nil {
				return err
			}
			if !finite(loss) || !finite(r.norm) {
				m.done.Diverged = fmt.Sprintf("at step %d the loss is %v and the gradient's norm %v", i+1, loss, r.norm)
			}
		}
		if err := t.endDiverged(send); err != nil || len(t.running()) == 0 {
			return err
		}
	}
	if len(t.validation) > 0 {
		if err := t.validate(ctx); err != nil {
			return fmt.Errorf("validation: %w", err)
		}
		if err := t.endDiverged(send); err != nil {
			return err
		}
	}
	for _, m := range t.running() {
		if err := t.save(m); err != nil {
			return err
		}
	}
	return t.end(t.running(), send)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// stepResult is what one optimizer step says of itself.
type stepResult struct {
	sum, norm, rate float64 // sum of the labels' losses
	labels          int
	tokens          int64
}

// runStep takes one optimizer step of each running member; the results are by
// place.
func (t *trainer) runStep(batch []*harnesspb.TokenExample) ([]stepResult, error) {
	one := stepResult{}
	for _, x := range batch {
		one.tokens += int64(len(x.GetIds()))
		one.labels += t.network.labelsOf(x)
	}
	gradients, sums, err := t.gradients(batch, one.labels)
	for outOfMemory(err) {
		// The weights are as before: only the updates change them.
		t.engine.dropUnused()
		t.scarce = true
		if !t.shapes.lower(t.train) {
			return nil, fmt.Errorf("one example at a time: %w", err)
		}
		t.engine.log.Warn("out of memory: fewer examples are computed at once from now on", "examples", t.shapes.micro, "error", err)
		gradients, sums, err = t.gradients(batch, one.labels)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, g := range gradients {
			release(g...)
		}
	}()
	t.step++
	out := make([]stepResult, len(t.members))
	for _, m := range t.running() {
		r := one
		r.rate = rateAt(t.start.GetSchedule(), m.rate, t.step-1)
		r.sum = sums[m.place]
		if r.norm, err = t.updates.step(t.engine, m.weights, m.kept, gradients[m.place], r.rate, t.step); err != nil {
			return nil, err
		}
		out[m.place] = r
	}
	return out, nil
}

// gradients of the mean over the labels, and the sum of their losses, both by
// place; a place without a running member has none.
func (t *trainer) gradients(batch []*harnesspb.TokenExample, labels int) (sum [][]*tensors.Tensor, losses []float64, err error) {
	e, n := t.engine, t.network
	sum, losses = make([][]*tensors.Tensor, len(t.members)), make([]float64, len(t.members))
	defer func() {
		if err != nil {
			for _, g := range sum {
				release(g...)
			}
		}
	}()
	keys := t.dropoutKeys()
	for _, micro := range t.shapes.split(batch) {
		checkpoints := t.checkpoints(micro.shape)
		x, err := e.executable(fmt.Sprintf("%s gradients %v checkpoints %v together %d", n.digest, micro.shape, checkpoints, t.together.width),
			n.gradientGraph(micro.shape, t.together, checkpoints))
		if err != nil {
			return sum, nil, err
		}
		inputs := append(n.tensors(micro, t.start.GetPad()),
			tensors.FromScalar(float32(labels)), tensors.FromFlatDataAndDimensions(keys, len(keys)/2, 2))
		out, err := x.run(append(t.weights(), anyOf(inputs)...))
		release(inputs...)
		if err != nil {
			return sum, nil, err
		}
		last := len(out) - 1
		sums, err := onHost(out[last])
		if err != nil {
			release(out...)
			return sum, nil, err
		}
		release(out[last])
		parts := t.byPlace(out[:last])
		for _, m := range t.running() {
			losses[m.place] += sums[m.place]
			part := parts[m.place]
			parts[m.place] = nil
			if sum[m.place] == nil {
				sum[m.place] = part
				continue
			}
			if err := t.updates.add(e, sum[m.place], part); err != nil {
				release(part...)
				for _, g := range parts {
					release(g...)
				}
				return sum, nil, err
			}
		}
		for _, g := range parts { // of places without a running member
			release(g...)
		}
	}
	return sum, losses, nil
}

// checkpoints reports whether layers are computed again in the backward pass.
func (t *trainer) checkpoints(s batchShape) bool {
	switch t.start.GetCheckpointing() {
	case harnesspb.GradientCheckpointing_GRADIENT_CHECKPOINTING_ON:
		return true
	case harnesspb.GradientCheckpointing_GRADIENT_CHECKPOINTING_OFF:
		return false
	}
	return t.scarce || t.network.program.Cost(t.network.train, t.together.extent(s.extent(t.network.encodes()))).Recomputes()
}

// dropoutKeys seed each dropout node at this step.
func (t *trainer) dropoutKeys() []uint32 {
	keys := make([]uint32, 2*max(1, t.network.dropouts()))
	r := generator("dropout", t.start.GetSeed(), uint64(t.step), "")
	for i := range keys {
		keys[i] = uint32(r.Uint64() >> 32)
	}
	return keys
}

// generator is a source of random numbers of its own for each purpose.
func generator(purpose string, seed, number uint64, name string) *rand.PCG {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d %s", purpose, seed, number, name)
	sum := h.Sum(nil)
	return rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:]))
}

// validate measures each running member: the mean loss over all labels of the
// validation examples, and the share of examples whose every label is the
// likeliest token.
func (t *trainer) validate(ctx context.Context) error {
	shapes := t.shaping(t.validation, nil)
	sums, matches := make([]float64, len(t.members)), make([]int, len(t.members))
	labels := 0
	for _, batch := range batchesOf(t.validation, int(t.start.GetBatchSize()), nil) {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, hits, err := t.losses(shapes, batch)
		for outOfMemory(err) && shapes.lower(t.validation) {
			t.engine.dropUnused()
			s, hits, err = t.losses(shapes, batch)
		}
		if err != nil {
			return err
		}
		for place := range t.members {
			sums[place], matches[place] = sums[place]+s[place], matches[place]+hits[place]
		}
		for _, x := range batch {
			labels += t.network.labelsOf(x)
		}
	}
	for _, m := range t.running() {
		m.done.ValidationLoss = sums[m.place] / float64(labels)
		m.done.ValidationExactMatch = float64(matches[m.place]) / float64(len(t.validation))
		if !finite(m.done.ValidationLoss) {
			m.done.Diverged = fmt.Sprintf("the validation loss is %v", m.done.ValidationLoss)
		}
	}
	return nil
}

// losses gives the sums of a batch's losses and its numbers of exact matches,
// by place.
func (t *trainer) losses(shapes *shaping, batch []*harnesspb.TokenExample) (sums []float64, matches []int, err error) {
	e, n := t.engine, t.network
	sums, matches = make([]float64, len(t.members)), make([]int, len(t.members))
	for _, micro := range shapes.split(batch) {
		x, err := e.executable(fmt.Sprintf("%s loss %v together %d", n.digest, micro.shape, t.together.width), n.lossGraph(micro.shape, t.together))
		if err != nil {
			return nil, nil, err
		}
		inputs := n.tensors(micro, t.start.GetPad())
		out, err := x.run(append(t.weights(), anyOf(inputs)...))
		release(inputs...)
		if err != nil {
			return nil, nil, err
		}
		part, err := onHost(out[0])
		if err != nil {
			release(out...)
			return nil, nil, err
		}
		hits, err := onHost(out[1])
		release(out...)
		if err != nil {
			return nil, nil, err
		}
		size := len(hits) / len(t.members)
		for place := range t.members {
			sums[place] += part[place]
			matches[place] += n.exact(micro, hits[place*size:][:size])
		}
	}
	return sums, matches, nil
}

// exact counts the examples of a micro-batch whose every label is a hit.
func (n *network) exact(m microBatch, hits []float64) int {
	count := 0
	for row, line := range m.lines {
		at := row * m.shape.labels
		for _, x := range line {
			end := at + n.labelsOf(x.TokenExample)
			if !slices.Contains(hits[at:end], 0) {
				count++
			}
			at = end
		}
	}
	return count
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/protocol/harnesspb"
)

// Bounds of a decode request.
const (
	maxBeams     = 256
	maxBatch     = 1024
	maxNewTokens = 1 << 14

	maxTemperature = 1000
)

// sideBySide is the number of rows that are decoded at once if the request does
// not specify it.
const sideBySide = 32

// Decode answers prompts. It decodes prompts of one padded length together, in a
// batch of fixed shape; when a prompt ends, the next prompt takes its slot.
func (e *Engine) Decode(ctx context.Context, r *harnesspb.DecodeRequest, send func(*harnesspb.DecodeResponse) error) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.end()
	n, err := e.network(r.GetModel(), r.GetDecoding().GetPrecision())
	if err != nil {
		return err
	}
	d := r.GetDecoding()
	if err := n.checkDecoding(d, len(r.GetEos())); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	groups := map[int][]*harnesspb.TokenPrompt{}
	for _, p := range r.GetPrompts() {
		if err := n.checkPrompt(fmt.Sprintf("prompt %q", p.GetId()), p.GetIds(), int(d.GetMaxNewTokens())); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		if err := checkStops(p, r.GetTokenTexts()); err != nil {
			return fmt.Errorf("decode: prompt %q: %w", p.GetId(), err)
		}
		length := paddedPrompt(len(p.GetIds()))
		groups[length] = append(groups[length], p)
	}
	st, err := e.state(n, r.GetModel(), true)
	if err != nil {
		return err
	}
	for _, length := range slices.Sorted(maps.Keys(groups)) {
		b := &decoder{engine: e, network: n, state: st, request: r, shape: shapeOf(d, length, len(groups[length])), send: send, queue: groups[length]}
		if err := b.run(ctx); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
	}
	return nil
}

// checkDecoding refuses settings that are out of range or impossible with the
// number of end tokens.
func (n *network) checkDecoding(d *harnesspb.Decoding, ends int) error {
	switch d.GetDecode() {
	case "greedy":
		if d.GetCandidates() > 1 {
			return fmt.Errorf("greedy search gives one candidate, not %d", d.GetCandidates())
		}
	case "beam":
		if d.GetBeams() < 1 || d.GetBeams() > maxBeams {
			return fmt.Errorf("%d beams, expected 1 to %d", d.GetBeams(), maxBeams)
		}
		if d.GetCandidates() < 1 || d.GetCandidates() > d.GetBeams() {
			return fmt.Errorf("%d candidates of %d beams; expected 1 up to the number of beams", d.GetCandidates(), d.GetBeams())
		}
		switch d.GetEarlyStopping() {
		case "", "false", "true", "never":
		default:
			return fmt.Errorf("early stopping %q, expected true, false or never", d.GetEarlyStopping())
		}
		if keep := int(d.GetBeams()) * max(2, 1+ends); keep > n.vocabulary {
			return fmt.Errorf("%d beams choose among %d tokens, but the vocabulary has %d", d.GetBeams(), keep, n.vocabulary)
		}
	case "sample":
		if d.GetCandidates() < 1 || d.GetCandidates() > maxBeams {
			return fmt.Errorf("%d candidates, expected 1 to %d", d.GetCandidates(), maxBeams)
		}
		if t := d.GetTemperature(); !(t >= 0 && t <= maxTemperature) {
			return fmt.Errorf("a temperature of %v, expected more than 0 and up to %d", t, maxTemperature)
		}
		if d.GetTopK() < 0 {
			return fmt.Errorf("top-k of %d, expected 0 for all or more", d.GetTopK())
		}
		if p := d.GetTopP(); !(p >= 0 && p <= 1) {
			return fmt.Errorf("top-p of %v, expected more than 0 and up to 1", p)
		}
	default:
		return fmt.Errorf("unknown way to decode %q, expected greedy, beam or sample", d.GetDecode())
	}
	if lp := d.GetLengthPenalty(); math.IsNaN(lp) || math.Abs(lp) > 100 {
		return fmt.Errorf("length penalty %v is out of range", lp)
	}
	if d.GetMaxNewTokens() < 1 || d.GetMaxNewTokens() > maxNewTokens {
		return fmt.Errorf("%d new tokens, expected 1 to %d", d.GetMaxNewTokens(), maxNewTokens)
	}
	if d.GetBatchSize() < 0 || d.GetBatchSize() > maxBatch {
		return fmt.Errorf("a batch of %d prompts, expected up to %d", d.GetBatchSize(), maxBatch)
	}
	return nil
}

// shapeOf is the shape of the batch for a number of prompts of one padded length.
func shapeOf(d *harnesspb.Decoding, length, prompts int) decodeShape {
	s := decodeShape{beams: 1, prompt: length, new: paddedOutput(int(d.GetMaxNewTokens())), prompts: int(d.GetBatchSize())}
	switch d.GetDecode() {
	case "greedy":
		s.greedy = true
	case "beam":
		s.beams, s.reorder = int(d.GetBeams()), d.GetBeams() > 1
	case "sample":
		s.beams = int(d.GetCandidates())
	}
	if s.prompts == 0 {
		// A few tens of rows use two cores, or a GPU's memory bandwidth, well. A
		// batch for few prompts should not have many empty rows. Sizes are powers
		// of two, so that requests with similar numbers of prompts share programs.
		most := max(1, sideBySide/s.beams)
		for s.prompts = 1; s.prompts < min(prompts, most); s.prompts *= 2 {
		}
		s.prompts = min(s.prompts, most)
	}
	return s
}

// decoder runs the prompts of one shape.
type decoder struct {
	engine  *Engine
	network *network
	state   *state
	request *harnesspb.DecodeRequest
	shape   decodeShape
	send    func(*harnesspb.DecodeResponse) error
	queue   []*harnesspb.TokenPrompt

	slots          []*slot
	prompts, added []*tensors.Tensor // caches
	prefill, step  *executable
}

// slot is a prompt in the batch.
type slot struct {
	prompt  *harnesspb.TokenPrompt
	search  search
	fed     int // tokens fed after the prompt
	seconds float64
}

func (b *decoder) run(ctx context.Context) error {
	defer func() {
		release(b.prompts...)
		release(b.added...)
	}()
	if err := b.prepare(); err != nil {
		return err
	}
	b.slots = make([]*slot, b.shape.prompts)
	for {
		if err := b.fill(ctx); err != nil {
			return err
		}
		active := 0
		for _, s := range b.slots {
			if s != nil {
				active++
			}
		}
		if active == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		started := time.Now()
		ended, err := b.advance()
		if err != nil {
			return err
		}
		share := time.Since(started).Seconds() / float64(active)
		for _, s := range b.slots {
			if s != nil {
				s.seconds += share
			}
		}
		for _, i := range ended {
			if err := b.answer(b.slots[i]); err != nil {
				return err
			}
			b.slots[i] = nil
		}
	}
}

// prepare compiles and makes empty caches.
func (b *decoder) prepare() (err error) {
	e, n, s := b.engine, b.network, b.shape
	if b.prefill, err = e.executable(fmt.Sprintf("%s prefill %d of %d greedy %v", n.decodes, s.prompt, s.prompts, s.greedy), n.prefillGraph(s)); err != nil {
		return err
	}
	if b.step, err = e.executable(fmt.Sprintf("%s step %v", n.decodes, s), n.stepGraph(s)); err != nil {
		return err
	}
	zeros := func(into *[]*tensors.Tensor, shapes [2][]int) error {
		for _, dims := range shapes {
			zero, err := e.zeros(dims)
			if err != nil {
				return err
			}
			*into = append(*into, zero)
		}
		return nil
	}
	for _, c := range n.caches(s) {
		prompt, added := c.dims(s)
		if err := zeros(&b.prompts, prompt); err != nil {
			return err
		}
		if !c.grows {
			continue
		}
		if err := zeros(&b.added, added); err != nil {
			return err
		}
	}
	if len(b.prompts) == 0 {
		return errors.New("the network has no attention")
	}
	return nil
}

// fill moves waiting prompts into free slots.
func (b *decoder) fill(ctx context.Context) error {
	for i := range b.slots {
		for b.slots[i] == nil && len(b.queue) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			p := b.queue[0]
			b.queue = b.queue[1:]
			s, err := b.enter(p, i)
			if err != nil {
				return err
			}
			b.slots[i] = s
		}
	}
	return nil
}

// enter prefills a prompt and puts it into slot i. It returns nil if the first
// token ended the prompt.
func (b *decoder) enter(p *harnesspb.TokenPrompt, i int) (*slot, error) {
	started := time.Now()
	s := &slot{prompt: p}
	switch ending, d := newEnding(b.request, p), b.request.GetDecoding(); d.GetDecode() {
	case "greedy":
		s.search = newGreedy(ending)
	case "beam":
		s.search = newBeam(d, ending)
	case "sample":
		s.search = newSample(d, p.GetId(), ending)
	}
	flat := make([]int32, b.shape.prompt)
	copy(flat, p.GetIds())
	inputs := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(flat, 1, b.shape.prompt),
		tensors.FromFlatDataAndDimensions([]int32{int32(len(p.GetIds()) - 1)}, 1, 1),
	}
	defer release(inputs...)
	caches := len(b.prompts)
	args, err := b.engine.donate(anyOf(b.state.weights), b.prompts)
	b.prompts = nil
	if err != nil {
		return nil, err
	}
	out, err := b.prefill.run(append(append(args, anyOf(inputs)...), int32(i)))
	if err != nil {
		return nil, err
	}
	heads := len(out) - caches
	b.prompts = out[heads:]
	defer release(out[:heads]...)
	done := false
	if err := b.eachPrediction(out, 1, func(_ int, p predictions) { done = s.search.advance(p) }); err != nil {
		return nil, err
	}
	s.seconds = time.Since(started).Seconds()
	if done {
		return nil, b.answer(s)
	}
	return s, nil
}

// advance runs one step of all slots and returns the slots that have ended.
func (b *decoder) advance() (ended []int, err error) {
	p, w := b.shape.prompts, b.shape.beams
	tokens, parents := make([]int32, p*w), make([]int32, p*w)
	lengths, times := make([]int32, p), make([]int32, p)
	for i, s := range b.slots {
		if s == nil {
			lengths[i] = 1 // an empty slot needs a valid length; its result is ignored
			continue
		}
		t, from := s.search.next()
		copy(tokens[i*w:], t)
		copy(parents[i*w:], from)
		lengths[i], times[i] = int32(len(s.prompt.GetIds())), int32(s.fed)
		s.fed++
	}
	inputs := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(tokens, p, w), tensors.FromFlatDataAndDimensions(parents, p, w),
		tensors.FromFlatDataAndDimensions(lengths, p), tensors.FromFlatDataAndDimensions(times, p),
	}
	defer release(inputs...)
	args, err := b.engine.donate(append(anyOf(b.state.weights), anyOf(b.prompts)...), b.added)
	grown := len(b.added)
	b.added = nil
	if err != nil {
		return nil, err
	}
	out, err := b.step.run(append(args, anyOf(inputs)...))
	if err != nil {
		return nil, err
	}
	heads := len(out) - grown
	b.added = out[heads:]
	defer release(out[:heads]...)
	err = b.eachPrediction(out, p, func(i int, p predictions) {
		if b.slots[i] != nil && b.slots[i].search.advance(p) {
			ended = append(ended, i)
		}
	})
	return ended, err
}

// eachPrediction reads an execution's predictions and calls do for each prompt.
func (b *decoder) eachPrediction(out []*tensors.Tensor, prompts int, do func(i int, p predictions)) error {
	if b.shape.greedy {
		best, err := tensors.CopyFlatData[int32](out[0])
		if err != nil {
			return err
		}
		each, err := tensors.CopyFlatData[float32](out[1])
		if err != nil {
			return err
		}
		for i := range prompts {
			if isNaN(each[i]) {
				return errNotFinite
			}
			do(i, predictions{token: best[i], probability: each[i]})
		}
		return nil
	}
	highest, err := tensors.CopyFlatData[float32](out[1])
	if err != nil {
		return err
	}
	logSum, err := tensors.CopyFlatData[float32](out[2])
	if err != nil {
		return err
	}
	var failed error
	err = tensors.ConstFlatData(out[0], func(logits []float32) {
		numbers, rows := len(logits)/prompts, len(highest)/prompts
		for i := range prompts {
			at := predictions{logits: logits[i*numbers:][:numbers], highest: highest[i*rows:][:rows], logSum: logSum[i*rows:][:rows]}
			if slices.ContainsFunc(at.logSum, isNaN) {
				failed = errNotFinite
				return
			}
			do(i, at)
		}
	})
	return errors.Join(err, failed)
}

func isNaN(x float32) bool { return x != x }

var errNotFinite = errors.New("the network's logits are not finite; were its weights trained until they diverged?")

// answer sends the candidates of a search.
func (b *decoder) answer(s *slot) error {
	return b.send(&harnesspb.DecodeResponse{Id: s.prompt.GetId(), Candidates: s.search.candidates(), Seconds: s.seconds})
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
)

// maxForward is the maximum number of logits and values in one reply.
const maxForward = 1 << 25

// Forward returns the logits of all positions of some sequences, and the values of
// nodes by name. A value over the encoder's positions is [batch, longest input of
// the encoder, …], also if it belongs to a decoder node that depends only on the
// encoder's output. A value computed from parameters alone has no batch axis.
func (e *Engine) Forward(ctx context.Context, r *harnesspb.ForwardRequest) (*harnesspb.ForwardResponse, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.end()
	n, err := e.network(r.GetModel(), r.GetPrecision())
	if err != nil {
		return nil, err
	}
	f, err := n.newForward(r)
	if err != nil {
		return nil, fmt.Errorf("forward: %w", err)
	}
	st, err := e.state(n, r.GetModel(), false)
	if err != nil {
		return nil, err
	}
	out, err := f.run(e, st)
	if err != nil {
		return nil, fmt.Errorf("forward: %w", err)
	}
	return out, nil
}

// forward is one request.
type forward struct {
	network *network
	decoder rows // without an encoder the prompts
	encoder rows // empty without an encoder
	values  []wanted
}

// rows are token sequences that are padded on the right to one length.
type rows struct {
	ids             [][]int32
	longest, padded int
}

// wanted is a node whose value was requested.
type wanted struct {
	step    ir.Step
	encoder bool // one of the encoder's nodes
}

func (n *network) newForward(r *harnesspb.ForwardRequest) (*forward, error) {
	f := &forward{network: n}
	if len(r.GetSequences()) == 0 {
		return nil, errors.New("no sequences")
	}
	for i, s := range r.GetSequences() {
		what := fmt.Sprintf("sequence %d", i)
		if err := n.checkPrompt(what, s.GetIds(), 0); err != nil {
			return nil, err
		}
		if !n.encodes() {
			if len(s.GetDecoderIds()) > 0 {
				return nil, fmt.Errorf("%s has a separate decoder input, but the network has no encoder", what)
			}
			f.decoder.add(s.GetIds())
			continue
		}
		if err := n.limits.check(what+"'s decoder input", s.GetDecoderIds(), n.program.FirstPosition, 0); err != nil {
			return nil, err
		}
		f.encoder.add(s.GetIds())
		f.decoder.add(s.GetDecoderIds())
	}
	if err := f.want(r.GetValues()); err != nil {
		return nil, err
	}
	numbers := f.decoder.numbers(int64(n.vocabulary))
	for _, w := range f.values {
		numbers += f.rowsOf(w).numbers(w.step.Type.Elements())
	}
	if numbers > maxForward {
		return nil, fmt.Errorf("%d sequences of up to %d tokens have %d logits and values, more than the %d of one reply",
			len(r.GetSequences()), f.decoder.longest, numbers, maxForward)
	}
	return f, nil
}

func (r *rows) add(ids []int32) {
	r.ids = append(r.ids, ids)
	r.longest = max(r.longest, len(ids))
	r.padded = paddedOutput(r.longest)
}

// numbers is the number of elements of a value with this many elements per
// position.
func (r *rows) numbers(elements int64) int64 {
	if elements > maxForward {
		return maxForward + 1
	}
	return int64(len(r.ids)) * int64(r.longest) * elements
}

// tensors returns the tokens [B,T] and the rows' lengths [B].
func (r *rows) tensors() (tokens, lengths *tensors.Tensor) {
	flat, each := make([]int32, len(r.ids)*r.padded), make([]int32, len(r.ids))
	for i, ids := range r.ids {
		copy(flat[i*r.padded:], ids)
		each[i] = int32(len(ids))
	}
	return tensors.FromFlatDataAndDimensions(flat, len(r.ids), r.padded), tensors.FromFlatDataAndDimensions(each, len(r.ids))
}

// want finds nodes by name.
func (f *forward) want(names []string) error {
	for _, name := range names {
		found := false
		for _, s := range []*ir.Sequence{f.network.program.Encoder, f.network.program.Decoder} {
			if s == nil {
				continue
			}
			i := slices.IndexFunc(s.Steps, func(st ir.Step) bool { return st.Name == name })
			if i >= 0 {
				f.values = append(f.values, wanted{step: s.Steps[i], encoder: s == f.network.program.Encoder})
				found = true
			}
		}
		if !found {
			return fmt.Errorf("the network has no node %q", name)
		}
	}
	return nil
}

// rowsOf returns the rows of a value's positions.
func (f *forward) rowsOf(w wanted) *rows {
	if w.encoder || w.step.Type.Over == ir.OverEncoder {
		return &f.encoder
	}
	return &f.decoder
}

// graph takes weights and the tensors of the rows. It returns the logits and the
// values.
func (f *forward) graph(in []*graph.Node) []*graph.Node {
	count := len(f.network.program.Parameters)
	weights, rest := in[:count], in[count:]
	s := sequences{tokens: rest[0]}
	if f.network.encodes() {
		s.encoded, s.lengths = rest[1], rest[2]
	}
	l := f.network.lower(weights, s)
	out := []*graph.Node{graph.ConvertDType(l.run(), dtypes.Float32)}
	for _, w := range f.values {
		from := l
		if w.encoder {
			from = l.encoder
		}
		out = append(out, graph.ConvertDType(from.get(w.step.Name, false), dtypes.Float32))
	}
	return out
}

func (f *forward) run(e *Engine, st *state) (*harnesspb.ForwardResponse, error) {
	var names []string
	for _, w := range f.values {
		names = append(names, w.step.Name)
	}
	key := fmt.Sprintf("%s forward %dx%d from %d values %q", f.network.digest, len(f.decoder.ids), f.decoder.padded, f.encoder.padded, strings.Join(names, " "))
	x, err := e.executable(key, f.graph)
	if err != nil {
		return nil, err
	}
	tokens, lengths := f.decoder.tensors()
	defer release(tokens, lengths)
	args := append(anyOf(st.weights), tokens)
	if f.network.encodes() {
		encoded, lengths := f.encoder.tensors()
		defer release(encoded, lengths)
		args = append(args, encoded, lengths)
	}
	out, err := x.run(args)
	if err != nil {
		return nil, err
	}
	defer release(out...)
	logits, err := f.decoder.read(out[0], []int64{int64(f.network.vocabulary)})
	if err != nil {
		return nil, err
	}
	reply := &harnesspb.ForwardResponse{Shape: logits.GetShape(), Logits: logits.GetNumbers(), Values: map[string]*harnesspb.Values{}}
	for i, w := range f.values {
		from := f.rowsOf(w)
		if w.step.Type.Over == ir.OverNothing {
			from = nil
		}
		if reply.Values[w.step.Name], err = from.read(out[i+1], w.step.Type.Dims); err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// read copies a value [B,padded,features…] from the device, truncates it to the
// longest row, and sets elements beyond the end of a row to zero. If r is nil, it
// copies the whole value.
func (r *rows) read(t *tensors.Tensor, features []int64) (*harnesspb.Values, error) {
	flat, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return &harnesspb.Values{Shape: features, Numbers: flat}, nil
	}
	size := len(flat) / (len(r.ids) * r.padded)
	out := make([]float32, len(r.ids)*r.longest*size)
	for i, ids := range r.ids {
		copy(out[i*r.longest*size:][:len(ids)*size], flat[i*r.padded*size:])
	}
	shape := append([]int64{int64(len(r.ids)), int64(r.longest)}, features...)
	return &harnesspb.Values{Shape: shape, Numbers: out}, nil
}

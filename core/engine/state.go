package engine

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"harness/core/ir"
	"harness/core/protocol/harnesspb"
	"harness/core/weights/safetensors"
)

// state is a network's weights on the device.
type state struct {
	// decoding: trained parameters have the layout that is fastest for decoding (see
	// turned).
	decoding bool
	weights  []*tensors.Tensor // in the order of the program's parameters
	own      []*tensors.Tensor // the weights that no base holds
	base     *base
}

func (s *state) free() {
	release(s.own...)
	if s.base != nil {
		s.base.users--
		s.base.freeIfUnused()
	}
}

// base holds the tensors of one checkpoint that states share.
type base struct {
	tensors map[string]*tensors.Tensor // by parameter of one graph and its layout
	users   int
	dropped bool
}

// free is called when the cache evicts the base. States that use the base keep its
// tensors.
func (b *base) free() {
	b.dropped = true
	b.freeIfUnused()
}

func (b *base) freeIfUnused() {
	if b.dropped && b.users == 0 {
		for _, t := range b.tensors {
			release(t)
		}
		clear(b.tensors)
	}
}

// state returns the network's weights. It loads those that are not on the device yet.
func (e *Engine) state(n *network, m *harnesspb.ModelState, decoding bool) (*state, error) {
	key := fmt.Sprintf("%s\n%s\n%s\n%d\n%v", n.digest, m.GetCheckpoint(), m.GetTrained(), m.GetInitSeed(), decoding)
	return e.states.get(key, func() (*state, error) { return e.load(n, m, decoding) })
}

func (e *Engine) load(n *network, m *harnesspb.ModelState, decoding bool) (_ *state, err error) {
	graphDigest, err := digestOf(m.GetGraph())
	if err != nil {
		return nil, err
	}
	b, err := e.bases.get(m.GetCheckpoint()+"\n"+graphDigest, func() (*base, error) {
		return &base{tensors: map[string]*tensors.Tensor{}}, nil
	})
	if err != nil {
		return nil, err
	}
	b.users++
	s := &state{base: b, decoding: decoding}
	defer func() {
		if err != nil {
			s.free()
		}
	}()

	sources := &sources{checkpoint: m.GetCheckpoint(), network: n.program}
	defer sources.close()
	if m.GetTrained() != "" {
		if sources.trained, err = safetensors.Open(m.GetTrained()); err != nil {
			return nil, fmt.Errorf("trained weights: %w", err)
		}
		if err := onlyTrained(n, sources.trained); err != nil {
			return nil, err
		}
	}
	for _, p := range n.program.Parameters {
		l := n.layout(p, decoding)
		kept := fmt.Sprintf("%s %+v", p.Name, l)
		t, shared := b.tensors[kept]
		if _, trained := sources.trainedInfo(p.Name); trained || n.trains(p.Name) || !shared {
			var fromBase bool
			if t, fromBase, err = e.place(sources, n.program, p, m.GetInitSeed(), l); err != nil {
				return nil, err
			}
			if fromBase && !n.trains(p.Name) {
				b.tensors[kept] = t
			} else {
				s.own = append(s.own, t)
			}
		}
		s.weights = append(s.weights, t)
	}
	return s, nil
}

// layout is the layout of a parameter on the device. If the network's precision is
// bfloat16, frozen arrays with more than one axis are stored in bfloat16. In a
// decoding state, so are trained arrays that are only used in products, which does
// not change results.
func (n *network) layout(p ir.Param, decoding bool) layout {
	frozen := !n.trains(p.Name) && len(p.Shape) > 1
	return layout{
		half:   n.half && (frozen || decoding && n.multiplied[p.Name]),
		turned: n.turned(p.Name, decoding),
	}
}

// onlyTrained refuses trained weights of another network.
func onlyTrained(n *network, f *safetensors.File) error {
	for _, name := range f.Names() {
		if _, err := n.program.Parameter(name); err != nil {
			return fmt.Errorf("trained weights: no parameter reads the tensor %q: %w", name, err)
		}
	}
	return nil
}
